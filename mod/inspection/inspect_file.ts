/**
 * Analyzes a whole file or stdin like the payload of a session.
 *
 * @module
 */

import type { Pcr } from "../vocabulary/sidecar.ts";
import type { TsHealth } from "../vocabulary/ts_health.ts";
import { TsAnalyzer } from "../ts/ts_analyzer.ts";

/** Our choice: larger reads are not faster, and this size stays in the processor's cache. */
const READ_BYTES = 524_288;

/** A source that is read from start to end. */
export interface ByteSource {
  /** Reads into `buffer`; null at the end. */
  readSync(buffer: Uint8Array<ArrayBuffer>): number | null;
}

/** Analyzes all bytes of `source`. */
export function inspectBytes(source: ByteSource): TsHealth {
  const analyzer = new TsAnalyzer();
  const buffer = new Uint8Array(READ_BYTES);
  for (let length = source.readSync(buffer); length !== null; length = source.readSync(buffer)) {
    analyzer.push(buffer.subarray(0, length));
  }
  return analyzer.report();
}

/** Analyzes a file. @throws {Error} It cannot be read. */
export function inspectFile(path: string): TsHealth {
  using file = Deno.openSync(path);
  return inspectBytes(file);
}

/** The results for a file. */
export interface FileFindings {
  readonly ts: TsHealth;
  readonly firstPcr: Pcr | null;
  /** The last PCR with the PID of the first one. */
  readonly lastPcr: Pcr | null;
}

/**
 * Analyzes a file; other work of this thread can run between two reads.
 *
 * @param onChunk Called with each chunk, which is valid during the call only.
 */
export async function inspectFileInTurns(
  path: string,
  onChunk: (chunk: Uint8Array<ArrayBuffer>) => void,
): Promise<FileFindings> {
  using file = await Deno.open(path);
  const analyzer = new TsAnalyzer();
  const buffer = new Uint8Array(READ_BYTES);
  for (let length = await file.read(buffer); length !== null; length = await file.read(buffer)) {
    const chunk = buffer.subarray(0, length);
    analyzer.push(chunk);
    onChunk(chunk);
  }
  return { ts: analyzer.report(), firstPcr: analyzer.firstPcr, lastPcr: analyzer.lastPcr };
}
