/**
 * What looks at a session's payload while it is received: the analysis of the stream, the map of losses, the checksum.
 *
 * Each is loaded only where it is wanted, and only once the caller is accepted: none of it may keep a caller waiting.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import { LossMap } from "../recording/loss_map.ts";
import type { Checksum } from "../vocabulary/sidecar.ts";
import type { Tap } from "../recording/tapped_sink.ts";
import type { NoiseWatch } from "../ts/noise_watch.ts";
import type { TsHealth } from "../vocabulary/ts_health.ts";

/** The lookers of one session. */
export interface Watch {
  /** To be shown everything that is kept. */
  readonly taps: readonly Tap[];
  /** To be told of every message; null where nobody reads it. */
  readonly losses: LossMap | null;
  /** Recognizes payload that was decrypted with a stale key; null for a session that is not encrypted. */
  readonly noise: Pick<NoiseWatch, "push"> | null;
  /** TS health so far, or null. */
  health(): TsHealth | null;
  /** Once, as soon as it is known that the payload is no TS: what it looks like. Null otherwise. */
  foreignFormat(): string | null;
  /** Checksum of all that was kept, or null; to be asked once, at the end. */
  checksum(): Checksum | null;
}

/** Opens what the ticket wants. */
export async function openWatch({ analyze, sink, initialSequence, encrypted }: Ticket): Promise<Watch> {
  const taps: Tap[] = [];
  let health: Watch["health"] = () => null;
  let foreignFormat: Watch["foreignFormat"] = () => null;
  let checksum: Watch["checksum"] = () => null;
  if (analyze) {
    const { TsAnalyzer } = await import("../ts/ts_analyzer.ts");
    const analyzer = new TsAnalyzer();
    taps.push((payload) => analyzer.push(payload));
    health = () => analyzer.report();
    let told = false;
    foreignFormat = () => {
      if (told || analyzer.payload !== "other") return null;
      told = true;
      return analyzer.format ?? "nothing that is known here";
    };
  }
  if (sink.kind === "file" && sink.checksum !== null) {
    const { createHash } = await import("node:crypto");
    const algorithm = sink.checksum;
    const hash = createHash(algorithm);
    taps.push((payload) => hash.update(payload));
    checksum = () => ({ algorithm, value: hash.digest("hex") });
  }
  const isMapped = sink.kind === "file" && sink.sidecar;
  const losses = isMapped ? new LossMap(initialSequence, () => performance.now()) : null;
  const noise = encrypted ? new (await import("../ts/noise_watch.ts")).NoiseWatch() : null;
  return { taps, losses, noise, health, foreignFormat, checksum };
}
