/**
 * The name of a recording: `NAME_YYYY-MM-DD_HH-MM-SS.ts`, safe on every file system.
 *
 * @module
 */

/** Longest NAME in bytes of UTF-8: with time stamp, number and endings the file name stays below 255. */
export const NAME_BYTES = 180;

/** Not in file names: control and invisible characters, path separators, and what FAT, NTFS and shells reject or interpret. */
const UNSAFE = /[\p{C}\p{Z}/\\:*?"<>|'`$&;!#%{}()[\]~^]+/gu;

/** When the recording began, and the time zone of its name. */
export interface NameTime {
  /** In ms since the epoch. */
  readonly startMs: number;
  readonly utc: boolean;
}

/** What a folder demands of a name. */
export interface NameForm {
  /** From 2 up it is appended to the time stamp, if earlier names are taken. */
  readonly attempt?: number;
  /** Longest NAME in bytes; {@linkcode NAME_BYTES} unless given. */
  readonly nameBytes?: number;
  /** ASCII only: letters lose their accents, other characters become `_`. */
  readonly ascii?: boolean;
}

/** A file name without folder. */
export function recordingFileName(name: string, { startMs, utc, ...form }: NameTime & NameForm): string {
  const { attempt = 1, nameBytes = NAME_BYTES, ascii = false } = form;
  const suffix = attempt === 1 ? "" : `-${attempt}`;
  const safe = sanitize(ascii ? toAscii(name) : name, nameBytes);
  return `${safe}_${formatStamp(new Date(startMs), utc)}${suffix}.ts`;
}

function toAscii(name: string): string {
  return name.normalize("NFKD").replaceAll(/\p{M}+/gu, "").replaceAll(/\P{ASCII}+/gu, "_");
}

function sanitize(name: string, nameBytes: number): string {
  const safe = name.normalize("NFC").replaceAll(UNSAFE, "_").replaceAll(/\.{2,}/g, "_");
  const trimmed = cut(safe.replaceAll(/_{2,}/g, "_"), nameBytes).replace(/^[._-]+/, "").replace(/[._-]+$/, "");
  return trimmed === "" ? "stream" : trimmed;
}

/** Cuts to `nameBytes` of UTF-8 without breaking a character. */
function cut(name: string, nameBytes: number): string {
  const { read } = new TextEncoder().encodeInto(name, new Uint8Array(nameBytes));
  return name.slice(0, read);
}

function formatStamp(time: Date, utc: boolean): string {
  const [year, month, day, hour, minute, second] = utc
    ? [
      time.getUTCFullYear(),
      time.getUTCMonth() + 1,
      time.getUTCDate(),
      time.getUTCHours(),
      time.getUTCMinutes(),
      time.getUTCSeconds(),
    ]
    : [time.getFullYear(), time.getMonth() + 1, time.getDate(), time.getHours(), time.getMinutes(), time.getSeconds()];
  return `${year}-${two(month)}-${two(day)}_${two(hour)}-${two(minute)}-${two(second)}`;
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
