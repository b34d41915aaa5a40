/**
 * Writing payload to a program at the rate of a live encoder.
 *
 * @module
 */

/** Time between two writes, in ms. */
const PACE_MS = 10;

/** Writes `payload` at this rate. Throws if the program closes its input. */
export async function writePaced(
  writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>,
  payload: Uint8Array<ArrayBuffer>,
  bitsPerSecond: number,
): Promise<void> {
  const bytesPerMs = bitsPerSecond / 8000;
  const startMs = performance.now();
  for (let offset = 0; offset < payload.length;) {
    const due = Math.min(payload.length, Math.ceil((performance.now() - startMs + PACE_MS) * bytesPerMs));
    if (due > offset) await writer.write(payload.subarray(offset, due));
    offset = Math.max(offset, due);
    if (offset < payload.length) await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
}
