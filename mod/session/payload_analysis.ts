/**
 * The analysis of a session's payload while it is received: TS health, the map of losses, the checksum.
 *
 * Each is loaded only if the ticket asks for it.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import { LossMap } from "../recording/loss_map.ts";
import type { Tap } from "../recording/tap_feed.ts";
import type { NoiseDetector } from "../ts/noise_detector.ts";
import type { TsAnalyzer } from "../ts/ts_analyzer.ts";
import type { Checksum, LossSummary } from "../vocabulary/sidecar.ts";
import type { TsHealth } from "../vocabulary/ts_health.ts";

/** What is known of one file of a recording; null if the ticket does not ask for it. */
export interface FileFacts {
  readonly losses: LossSummary | null;
  readonly ts: TsHealth | null;
  readonly checksum: Checksum | null;
}

/** The analysis of one session's payload. */
export interface PayloadAnalysis {
  /** Called with everything that is recorded. */
  readonly taps: readonly Tap[];
  /** Receives the sequence number of every message; null if there is no loss map. */
  readonly losses: LossMap | null;
  /** Recognizes payload that was decrypted with a stale key; null for a session that is not encrypted. */
  readonly noise: Pick<NoiseDetector, "push"> | null;
  /** TS health of the session so far, or null. */
  health(): TsHealth | null;
  /** Once, as soon as it is known that the payload is not TS: its likely format. Null otherwise. */
  foreignFormat(): string | null;
  /**
   * Ends a file, and returns what is known of it. The next file starts without counts.
   *
   * @param offset Bytes of the recording before the end of the file; Infinity for the last file.
   */
  cut(offset: number): FileFacts;
}

/** Opens what the ticket asks for. */
export async function openPayloadAnalysis(
  { analyze, sink, initialSequence, encrypted }: Ticket,
): Promise<PayloadAnalysis> {
  const isFile = sink.kind === "file";
  const analysis = analyze ? await openAnalysis() : null;
  const checksum = isFile && sink.checksum !== null ? await openChecksum(sink.checksum) : null;
  const losses = isFile && sink.sidecar ? new LossMap(initialSequence, () => performance.now()) : null;
  const noise = encrypted ? new (await import("../ts/noise_detector.ts")).NoiseDetector() : null;
  return {
    taps: [analysis, checksum].flatMap((part) => part === null ? [] : [part.tap]),
    losses,
    noise,
    health: () => analysis?.health() ?? null,
    foreignFormat: () => analysis?.foreignFormat() ?? null,
    cut: (offset) => ({
      losses: losses?.cut(offset) ?? null,
      ts: analysis?.cut() ?? null,
      checksum: checksum?.cut() ?? null,
    }),
  };
}

async function openAnalysis() {
  const { TsAnalyzer } = await import("../ts/ts_analyzer.ts");
  const session = new TsAnalyzer();
  let file: TsAnalyzer = session; // the first file needs none of its own
  let isReported = false;
  return {
    tap(payload: Uint8Array<ArrayBuffer>): void {
      session.push(payload);
      if (file !== session) file.push(payload);
    },
    health: () => session.report(),
    foreignFormat(): string | null {
      if (isReported || session.payload !== "other") return null;
      isReported = true;
      return session.format ?? "of an unknown format";
    },
    cut(): TsHealth {
      const health = file.report();
      file = new TsAnalyzer();
      return health;
    },
  };
}

async function openChecksum(algorithm: Checksum["algorithm"]) {
  const { Sha256 } = await import("../recording/sha256.ts");
  let hash = new Sha256();
  return {
    tap: (payload: Uint8Array<ArrayBuffer>) => hash.update(payload),
    cut(): Checksum {
      const value = hash.hexDigest();
      hash = new Sha256();
      return { algorithm, value };
    },
  };
}
