/**
 * The loss map: the places of a recording at which packets are missing that libsrt gave up.
 *
 * libsrt numbers packets, and in live mode a message is one packet: a step of more than one is a gap (`SRT_MSGCTRL.pktseq` of
 * `srt_recvmsg2`, libsrt `docs/API/API-functions.md`).
 *
 * @module
 */

import type { Loss, LossSummary } from "../vocabulary/sidecar.ts";

/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCES = 2 ** 31;
/** Our choice: gaps that a sidecar lists; further ones are counted. */
const LISTED_GAPS = 10_000;

/** One session's gaps. */
export class LossMap {
  readonly #now: () => number;
  readonly #startMs: number;
  /** Gaps of the current file, with offsets in the whole recording. */
  #gaps: Loss[] = [];
  #fileOffset = 0;
  #expected: number;
  #gapsTotal = 0;
  #packets = 0;

  /**
   * @param initialSequence Sequence number of the caller's first packet, from its handshake.
   * @param now A monotonic clock, in ms.
   */
  constructor(initialSequence: number, now: () => number) {
    this.#expected = initialSequence;
    this.#now = now;
    this.#startMs = now();
  }

  /** Notes the delivery of a message whose first byte is at `offset` of the recording. */
  take(sequence: number, offset: number): void {
    const expected = this.#expected;
    this.#expected = (sequence + 1) % SEQUENCES;
    if (sequence === expected) return;
    this.#add((sequence - expected + SEQUENCES) % SEQUENCES, offset);
  }

  /** Notes that the recording ended at `offset`, without `packets` that had arrived. */
  end(packets: number, offset: number): void {
    if (packets > 0) this.#add(packets, offset);
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
    this.#gapsTotal = kept.length;
    this.#packets = keptPackets;
    this.#fileOffset = offset;
    return summary;
  }

  #add(packets: number, offset: number): void {
    this.#gapsTotal += 1;
    this.#packets += packets;
    if (this.#gaps.length >= LISTED_GAPS) return;
    this.#gaps.push({ timeMs: Math.round(this.#now() - this.#startMs), offset, packets });
  }
}
