/**
 * Finds the TS packets in a byte stream that arrives in chunks of any size, and finds them again after a loss of sync.
 *
 * Packets are analyzed in place. Bytes are copied only if a packet spans two chunks, and while sync is lost. The result depends
 * only on the bytes, never on the chunks: a decision that is not possible yet waits for more bytes.
 *
 * @module
 */

import type { ErrorLog } from "./error_log.ts";

/** Length of a TS packet in bytes (ISO/IEC 13818-1, 2.4.3.1). */
export const PACKET_BYTES = 188;
/** First byte of every TS packet (ISO/IEC 13818-1, 2.4.3.3). */
export const SYNC_BYTE = 0x47;

/**
 * Bytes from one sync byte to the next: a bare TS packet, one with a time stamp of 4 bytes (M2TS puts it in front), one followed
 * by 16 Reed-Solomon bytes. In the order of preference.
 */
export type PacketSpacing = 188 | 192 | 204;
const SPACINGS: readonly PacketSpacing[] = [188, 192, 204];
const LONGEST_SPACING = 204;
/** Length of the time stamp that M2TS puts in front of each packet. */
const TIME_STAMP_BYTES = 4;

/** Packets in a row with a sync byte that establish sync (ETSI TR 101 290, 5.2.1, indicator 1.1). */
const CERTAIN_PACKETS = 5;

/** Analyzes packets in place. */
export interface PacketAnalyzer {
  /**
   * Analyzes whole packets as long as they start with the sync byte. (Five arguments, because an object for each call costs a
   * fifth of the speed.)
   *
   * @param bytes Not kept.
   * @param from Position of the first sync byte.
   * @param to End of the bytes; a packet that ends after it is not analyzed.
   * @param base Offset of `bytes[0]` in the stream.
   * @param spacing Bytes from one sync byte to the next.
   * @returns Position of the next packet, which may be cut off or lack its sync byte; at most `spacing` - 188 after `to`.
   */
  analyze(bytes: Uint8Array, from: number, to: number, base: number, spacing: number): number;
  /** Analyzes the one packet at `at`, whatever its sync byte. */
  analyzeDamaged(bytes: Uint8Array, at: number, base: number): void;
  /** Sync was lost: an unknown number of packets is missing. */
  reset(): void;
}

/** Sync of one byte stream. */
export class PacketSync {
  readonly #analyzer: PacketAnalyzer;
  readonly #errors: ErrorLog;
  readonly #certainPackets: number;
  /** Undecided bytes of earlier chunks, with room for at least as many bytes of the next chunk. */
  readonly #held: Uint8Array<ArrayBuffer>;
  #heldLength = 0;
  /** Bytes to skip at the start of the next chunk: they belong to the last packet. */
  #skip = 0;
  #decided = 0;
  /** Null while sync is lost. */
  #spacing: PacketSpacing | null = null;
  /** Offset of the first packet. */
  #firstOffset: number | null = null;
  #lastSpacing: PacketSpacing | null = null;
  #lostOffset: number | null = null;

  /**
   * Keeps `analyzer` and `errors`. Counts losses of sync and damaged sync bytes in `errors`.
   *
   * @param options `certainPackets`: packets in a row with a sync byte that establish sync; 5 unless given
   */
  constructor(
    analyzer: PacketAnalyzer,
    errors: ErrorLog,
    { certainPackets = CERTAIN_PACKETS }: { readonly certainPackets?: number } = {},
  ) {
    this.#analyzer = analyzer;
    this.#errors = errors;
    this.#certainPackets = certainPackets;
    this.#held = new Uint8Array(2 * certainPackets * LONGEST_SPACING);
  }

  /** Bytes from one sync byte to the next, as of the last time that sync was established; null if it never was. */
  get spacing(): PacketSpacing | null {
    return this.#lastSpacing;
  }

  /** Whether each 192-byte packet starts with a time stamp, as in M2TS. It does if at least 4 bytes precede the first sync byte. */
  get hasTimeStamps(): boolean {
    return this.#lastSpacing === 192 && (this.#firstOffset ?? 0) >= TIME_STAMP_BYTES;
  }

  /** Offset in bytes at which sync was lost for the last time; null while in sync, and before sync was ever established. */
  get lostOffset(): number | null {
    return this.#spacing === null ? this.#lostOffset : null;
  }

  /** Bytes that are decided: packets that were analyzed, and bytes that belong to none. */
  get decided(): number {
    return this.#decided;
  }

  /** Analyzes the next bytes of the stream; `chunk` is not kept. */
  push(chunk: Uint8Array): void {
    let at = Math.min(this.#skip, chunk.length);
    this.#skip -= at;
    while (this.#heldLength > 0 && at < chunk.length) {
      const before = this.#heldLength;
      const added = Math.min(this.#held.length - before, chunk.length - at);
      this.#held.set(added === chunk.length ? chunk : chunk.subarray(at, at + added), before);
      const used = this.#decide(this.#held, 0, before + added);
      if (used >= before) {
        at += used - before; // from here on, the chunk is read in place
        this.#heldLength = 0;
      } else {
        at += added;
        this.#held.copyWithin(0, used, before + added);
        this.#heldLength = before + added - used;
      }
    }
    if (at < chunk.length) at = this.#decide(chunk, at, chunk.length);
    if (at < chunk.length) {
      this.#held.set(chunk.subarray(at));
      this.#heldLength = chunk.length - at;
    } else {
      this.#skip += at - chunk.length;
    }
  }

  /** Decides about bytes `from` to `to` as far as possible; returns the position of the first undecided byte. */
  #decide(bytes: Uint8Array, from: number, to: number): number {
    const base = this.#decided - from;
    let at = from;
    while (true) {
      if (this.#spacing === null) {
        const { position, spacing } = findSync(bytes, { from: at, to, packets: this.#certainPackets });
        at = position;
        if (spacing === null) break;
        this.#spacing = spacing;
        this.#lastSpacing = spacing;
        if (this.#firstOffset === null) this.#begin(base + at, spacing);
      }
      const spacing: PacketSpacing = this.#spacing;
      at = this.#analyzer.analyze(bytes, at, to, base, spacing);
      if (at + spacing >= to) break;
      // the packet at `at` does not start with the sync byte; all of it has arrived, and the first byte of the next one
      if (bytes[at + spacing] === SYNC_BYTE) {
        this.#errors.note("syncErrors", base + at, null);
        this.#analyzer.analyzeDamaged(bytes, at, base);
        at += spacing;
      } else {
        this.#errors.note("syncLosses", base + at, null);
        this.#analyzer.reset();
        this.#lostOffset = base + at;
        this.#spacing = null;
      }
    }
    this.#decided = base + at;
    return at;
  }

  /** Notes the first packet. Fewer bytes before it than a packet has are the rest of a packet: a stream may begin anywhere. */
  #begin(offset: number, spacing: PacketSpacing): void {
    this.#firstOffset = offset;
    if (offset >= spacing) this.#errors.note("syncLosses", 0, null);
  }
}

/**
 * Returns the first position from `from` on at which this number of packets in a row starts, with their spacing. If more bytes are
 * needed to decide, the spacing is null and the position is the first undecided one.
 */
function findSync(
  bytes: Uint8Array,
  { from, to, packets }: { readonly from: number; readonly to: number; readonly packets: number },
): { readonly position: number; readonly spacing: PacketSpacing | null } {
  for (let at = from;; at += 1) {
    at = bytes.indexOf(SYNC_BYTE, at);
    if (at === -1 || at >= to) return { position: to, spacing: null };
    for (const spacing of SPACINGS) {
      const last = at + (packets - 1) * spacing;
      let next = at + spacing;
      while (next <= last && next < to && bytes[next] === SYNC_BYTE) next += spacing;
      if (next > last) return { position: at, spacing };
      if (next >= to) return { position: at, spacing: null };
    }
  }
}
