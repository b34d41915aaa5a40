/**
 * The loss map: where in a recording packets are missing that libsrt gave up.
 *
 * libsrt numbers packets, and in live mode a message is one packet: a step of more than one is a gap (`SRT_MSGCTRL.pktseq` of
 * `srt_recvmsg2`, libsrt `docs/API/API-functions.md`).
 *
 * @module
 */

/** Sequence numbers have 31 bits (draft-sharabayko-srt 3.1). */
const SEQUENCES = 2 ** 31;
/** Our choice: gaps that a sidecar lists; further ones are counted. */
const LISTED_GAPS = 10_000;

/** Packets missing in one place. */
export interface Loss {
  /** When the packet behind the gap was delivered, in ms from the begin of the session. */
  readonly timeMs: number;
  /** Bytes of the recording before the gap. */
  readonly offset: number;
  /** Packets missing. */
  readonly packets: number;
}

/** All gaps of a recording. */
export interface LossSummary {
  /** The first 10,000 gaps. */
  readonly gaps: readonly Loss[];
  readonly gapsTotal: number;
  /** Packets missing in all gaps. */
  readonly packets: number;
}

/** One session's gaps. */
export class LossMap {
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #gaps: Loss[] = [];
  #expected: number;
  #gapsTotal = 0;
  #packets = 0;

  /**
   * @param initialSequence Sequence number of the caller's first packet, as its handshake says.
   * @param now A clock in ms that never goes back.
   */
  constructor(initialSequence: number, now: () => number) {
    this.#expected = initialSequence;
    this.#now = now;
    this.#startMs = now();
  }

  /** A message came whose first byte will stand at `offset` of the recording. */
  take(sequence: number, offset: number): void {
    const expected = this.#expected;
    this.#expected = (sequence + 1) % SEQUENCES;
    if (sequence === expected) return;
    this.#add((sequence - expected + SEQUENCES) % SEQUENCES, offset);
  }

  #add(packets: number, offset: number): void {
    this.#gapsTotal += 1;
    this.#packets += packets;
    if (this.#gaps.length >= LISTED_GAPS) return;
    this.#gaps.push({ timeMs: Math.round(this.#now() - this.#startMs), offset, packets });
  }

  /** The recording ended at `offset`, and so many packets that had arrived are not in it. */
  end(packets: number, offset: number): void {
    if (packets > 0) this.#add(packets, offset);
  }

  /** What is missing so far. */
  summary(): LossSummary {
    return { gaps: [...this.#gaps], gapsTotal: this.#gapsTotal, packets: this.#packets };
  }
}
