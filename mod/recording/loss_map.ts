/**
 * The loss map: where packets are missing in a recording, because libsrt gave up waiting for them or did not deliver them before
 * the recording ended.
 *
 * libsrt numbers packets, and in live mode a message is one packet: a step of more than one is a gap (`SRT_MSGCTRL.pktseq` of
 * `srt_recvmsg2`, libsrt `docs/API/API-functions.md`).
 *
 * @module
 */

import type { Loss, LossSummary, Pcr } from "../vocabulary/sidecar.ts";

/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCES = 2 ** 31;
/** Our choice: gaps that a sidecar lists; further ones are only counted. */
const LISTED_GAPS = 10_000;

/** The clocks of a session. */
export interface LossClocks {
  /** A monotonic clock, in ms. */
  readonly now: () => number;
  /** The wall clock at a time of that clock (RFC 3339 in UTC). */
  readonly wallTime: (ms: number) => string;
}

/** One session's gaps. */
export class LossMap {
  readonly #clocks: LossClocks;
  readonly #startMs: number;
  /** Gaps of the current file, with offsets in the whole recording. */
  #gaps: Loss[] = [];
  /** How many gaps of the current file {@linkcode notePcr} was called for. */
  #noted = 0;
  #fileOffset = 0;
  #expected: number;
  #gapsTotal = 0;
  #packets = 0;

  /** @param initialSequence Sequence number of the caller's first packet, from its handshake. */
  constructor(initialSequence: number, clocks: LossClocks) {
    this.#expected = initialSequence;
    this.#clocks = clocks;
    this.#startMs = clocks.now();
  }

  /** Notes a delivered message: its first byte is at `offset` of the recording, and it arrived at `arrivedMs` of the clock. */
  take(sequence: number, offset: number, arrivedMs: number): void {
    const expected = this.#expected;
    this.#expected = (sequence + 1) % SEQUENCES;
    if (sequence === expected) return;
    this.#add((sequence - expected + SEQUENCES) % SEQUENCES, offset, arrivedMs);
  }

  /** Notes that the recording ended at `offset`, without the last `packets` packets, which had arrived but were not delivered. */
  end(packets: number, offset: number): void {
    if (packets > 0) this.#add(packets, offset, null);
  }

  /** Offset in the recording of the first gap that {@linkcode notePcr} was not called for; null if there is none. */
  get nextOffset(): number | null {
    return this.#gaps[this.#noted]?.offset ?? null;
  }

  /** Notes the last PCR before the gap at {@linkcode nextOffset}. `pcr`: null if the file has none before the gap. */
  notePcr(pcr: Pcr | null): void {
    const gap = this.#gaps[this.#noted];
    if (gap === undefined) return;
    this.#gaps[this.#noted] = { ...gap, pcr };
    this.#noted += 1;
  }

  /**
   * Ends a file of the recording: returns its gaps, with offsets from its start, and forgets them.
   *
   * @param offset Bytes of the recording before the end of the file; Infinity for the last file.
   */
  cut(offset: number): LossSummary {
    const kept = this.#gaps.filter((gap) => gap.offset >= offset);
    const keptPackets = kept.reduce((sum, { packets }) => sum + packets, 0);
    const summary = {
      gaps: this.#gaps.slice(0, this.#gaps.length - kept.length)
        .map((gap) => ({ ...gap, offset: gap.offset - this.#fileOffset })),
      gapsTotal: this.#gapsTotal - kept.length,
      packets: this.#packets - keptPackets,
    };
    this.#gaps = kept;
    this.#noted = 0;
    this.#gapsTotal = kept.length;
    this.#packets = keptPackets;
    this.#fileOffset = offset;
    return summary;
  }

  #add(packets: number, offset: number, arrivedMs: number | null): void {
    this.#gapsTotal += 1;
    this.#packets += packets;
    if (this.#gaps.length >= LISTED_GAPS) return;
    const { now, wallTime } = this.#clocks;
    const time = arrivedMs === null ? null : wallTime(arrivedMs);
    this.#gaps.push({ timeMs: Math.round(now() - this.#startMs), time, pcr: null, offset, packets });
  }
}
