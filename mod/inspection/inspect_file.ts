/**
 * Analyses a whole file, or what comes on stdin, as a session's payload is analysed.
 *
 * @module
 */

import type { TsHealth } from "../vocabulary/ts_health.ts";
import { TsAnalyzer } from "../ts/ts_analyzer.ts";

/** Our choice: larger reads are no faster, and this stays in the processor's cache. */
const READ_BYTES = 524_288;

/** Something that is read from begin to end. */
export interface ByteSource {
  /** Reads into `buffer`; null at the end. */
  readSync(buffer: Uint8Array<ArrayBuffer>): number | null;
}

/** Analyses everything that `source` gives; `alsoTake` is shown each chunk, which is valid during the call only. */
export function inspectBytes(
  source: ByteSource,
  alsoTake: (chunk: Uint8Array<ArrayBuffer>) => void = () => {},
): TsHealth {
  const analyzer = new TsAnalyzer();
  const buffer = new Uint8Array(READ_BYTES);
  for (let length = source.readSync(buffer); length !== null; length = source.readSync(buffer)) {
    const chunk = buffer.subarray(0, length);
    analyzer.push(chunk);
    alsoTake(chunk);
  }
  return analyzer.report();
}

/** Analyses a file. `alsoTake` as in {@linkcode inspectBytes}. */
export function inspectFile(path: string, alsoTake?: (chunk: Uint8Array<ArrayBuffer>) => void): TsHealth {
  using file = Deno.openSync(path);
  return inspectBytes(file, alsoTake);
}
