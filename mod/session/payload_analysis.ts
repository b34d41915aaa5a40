/**
 * The analysis of a session's payload while it is received: TS health, the map of losses, the checksum.
 *
 * Each is opened only if the ticket requests it.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import { ArrivalTimes } from "../recording/arrival_times.ts";
import { LossMap } from "../recording/loss_map.ts";
import type { Tap } from "../recording/tap_feed.ts";
import type { NoiseDetector } from "../ts/noise_detector.ts";
import type { TsAnalyzer } from "../ts/ts_analyzer.ts";
import type { Checksum, LossSummary, PacketTime, Pcr } from "../vocabulary/sidecar.ts";
import type { TsHealth } from "../vocabulary/ts_health.ts";
import { wallClock } from "./session_clock.ts";

/** The results for one file of a recording; null if the ticket does not request them. */
export interface FileFacts {
  readonly losses: LossSummary | null;
  readonly ts: TsHealth | null;
  readonly checksum: Checksum | null;
  /** From which the checksum can be continued; null without a checksum. */
  readonly checksumState: string | null;
  /** Fields that are not known are null. */
  readonly firstPacket: PacketTime;
  readonly lastPacket: PacketTime;
}

/** The analysis of one session's payload. */
export interface PayloadAnalysis {
  /** Called with everything that is recorded. */
  readonly taps: readonly Tap[];
  /** Receives the sequence number and the time of every message before it is written; null if no sidecar is written. */
  readonly losses: Pick<LossMap, "take" | "end"> | null;
  /** Recognizes payload that was decrypted with a stale key; null for a session that is not encrypted. */
  readonly noise: Pick<NoiseDetector, "push"> | null;
  /** TS health of the session so far, or null. */
  health(): TsHealth | null;
  /** Returns the likely format of payload that is not TS: once, as soon as it is known. Otherwise returns null. */
  foreignFormat(): string | null;
  /** The recording continues a file of `bytes` bytes whose checksum is in this state. Call it before any payload is recorded. */
  continueFile(file: { readonly bytes: number; readonly checksumState: string | null }): void;
  /**
   * Ends a file, and returns what is known of it. The next file starts without counts.
   *
   * @param offset Bytes of the recording before the end of the file; Infinity for the last file.
   */
  cut(offset: number): FileFacts;
}

/** Opens the parts that the ticket requests. */
export async function openPayloadAnalysis(
  { analyze, sink, initialSequence, encrypted }: Ticket,
): Promise<PayloadAnalysis> {
  const isFile = sink.kind === "file";
  const times = isFile && sink.sidecar ? openTimes(initialSequence) : null;
  const analysis = analyze ? await openAnalysis(times?.losses ?? null) : null;
  const checksum = isFile && sink.checksum !== null ? await openChecksum(sink.checksum) : null;
  const noise = encrypted ? new (await import("../ts/noise_detector.ts")).NoiseDetector() : null;
  return {
    taps: [times, analysis, checksum].flatMap((part) => part === null ? [] : [part.tap]),
    losses: times,
    noise,
    health: () => analysis?.health() ?? null,
    foreignFormat: () => analysis?.foreignFormat() ?? null,
    continueFile({ bytes, checksumState }) {
      if (checksumState !== null) checksum?.resume(checksumState, bytes);
    },
    cut(offset) {
      const { ts, firstPcr, lastPcr } = analysis?.cut(offset) ?? { ts: null, firstPcr: null, lastPcr: null };
      const { losses, firstTime, lastTime } = times?.cut(offset) ?? { losses: null, firstTime: null, lastTime: null };
      return {
        losses,
        ts,
        ...(checksum?.cut() ?? { checksum: null, checksumState: null }),
        firstPacket: { time: firstTime, pcr: firstPcr },
        lastPacket: { time: lastTime, pcr: lastPcr },
      };
    },
  };
}

function openTimes(initialSequence: number) {
  const wallTime = wallClock();
  const losses = new LossMap(initialSequence, { now: () => performance.now(), wallTime });
  const arrivals = new ArrivalTimes();
  return {
    losses,
    tap: (payload: Uint8Array<ArrayBuffer>) => arrivals.wrote(payload.length),
    take(sequence: number, offset: number, arrivedMs: number): void {
      losses.take(sequence, offset, arrivedMs);
      arrivals.note(offset, arrivedMs);
    },
    end: (packets: number, offset: number) => losses.end(packets, offset),
    cut(offset: number) {
      const { firstMs, lastMs } = arrivals.cut();
      const timeOf = (ms: number | null) => ms === null ? null : wallTime(ms);
      return { losses: losses.cut(offset), firstTime: timeOf(firstMs), lastTime: timeOf(lastMs) };
    },
  };
}

/** @param gaps The loss map in which each gap gets the last PCR before it; null if there is none. */
async function openAnalysis(gaps: LossMap | null) {
  const { TsAnalyzer } = await import("../ts/ts_analyzer.ts");
  const session = new TsAnalyzer();
  let file: TsAnalyzer = session; // the first file shares the analyzer of the session
  let isReported = false;
  let offset = 0;
  const push = (payload: Uint8Array<ArrayBuffer>) => {
    session.push(payload);
    if (file !== session) file.push(payload);
  };
  /** Notes the PCR of each gap before `end`. `pushUntil` analyzes the payload before a gap. */
  const noteEachPcr = (end: number, pushUntil: (gap: number) => void) => {
    for (let gap = gaps?.nextOffset ?? null; gap !== null && gap < end; gap = gaps?.nextOffset ?? null) {
      pushUntil(gap);
      gaps?.notePcr(file.lastPcr);
    }
  };
  return {
    tap(payload: Uint8Array<ArrayBuffer>): void {
      let done = 0;
      noteEachPcr(offset + payload.length, (gap) => {
        const to = Math.max(done, gap - offset);
        push(payload.subarray(done, to));
        done = to;
      });
      push(payload.subarray(done));
      offset += payload.length;
    },
    health: () => session.report(),
    foreignFormat(): string | null {
      if (isReported || session.payload !== "other") return null;
      isReported = true;
      return session.format ?? "of an unknown format";
    },
    cut(end: number): { readonly ts: TsHealth; readonly firstPcr: Pcr | null; readonly lastPcr: Pcr | null } {
      noteEachPcr(end, () => {}); // no payload follows a gap at the end of the recording
      const { firstPcr, lastPcr } = file;
      const ts = file.report();
      file = new TsAnalyzer();
      return { ts, firstPcr, lastPcr };
    },
  };
}

async function openChecksum(algorithm: Checksum["algorithm"]) {
  const { Sha256 } = await import("../recording/sha256.ts");
  let hash = new Sha256();
  return {
    tap: (payload: Uint8Array<ArrayBuffer>) => hash.update(payload),
    resume(state: string, bytes: number): void {
      hash = Sha256.resume(state, bytes);
    },
    cut(): Pick<FileFacts, "checksum" | "checksumState"> {
      const checksumState = hash.state;
      const value = hash.hexDigest();
      hash = new Sha256();
      return { checksum: { algorithm, value }, checksumState };
    },
  };
}
