/**
 * The range of bytes that an HTTP request asks for (RFC 9110, 14.1.2).
 *
 * @module
 */

/** The bytes from offset `start` up to, but not including, offset `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads the header Range for a file of `size` bytes.
 *
 * @returns Null for the whole file: the header is missing or malformed, has several ranges, or uses another unit.
 */
export function byteRange(header: string | null, size: number): ByteRange | null | "unsatisfiable" {
  const [, first = "", last = ""] = /^bytes=(\d*)-(\d*)$/i.exec(header?.trim() ?? "") ?? [];
  if (first === "" && last === "") return null;
  if (first === "") {
    const length = Math.min(Number(last), size);
    return length === 0 ? "unsatisfiable" : { start: size - length, end: size };
  }
  const start = Number(first);
  if (last !== "" && Number(last) < start) return null;
  return start >= size ? "unsatisfiable" : { start, end: last === "" ? size : Math.min(Number(last) + 1, size) };
}
