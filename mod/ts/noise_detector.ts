/**
 * Detects that the payload of an encrypted session has turned from TS into noise, as it does when the receiver decrypts with a
 * stale key.
 *
 * @module
 */

/** First byte of a TS packet (ISO/IEC 13818-1, 2.4.3.3). */
const SYNC_BYTE = 0x47;
/** Our choice: this many messages in a row that are not clean are noise. At 1316 bytes and 1 Mbit/s they are 0.2 s. */
const NOISE_MESSAGES = 20;
/**
 * This many packets that start with the sync byte end a suspicion: five, as in ETSI TR 101 290, 5.2.1, indicator 1.1, but they need
 * not follow one another.
 */
const CERTAIN_PACKETS = 5;
/** Our choice: this many packets of consecutive messages make a framing known. Until one is known, nothing is suspect. */
const LEARNED_PACKETS = 20;
/** A message needs this many packets to be recognized as TS in a framing whose first packet can be anywhere. */
const UNALIGNED_PACKETS = 3;

/** Where TS packets start in a message. */
interface Framing {
  /** Bytes from one sync byte to the next. */
  readonly size: number;
  /** Offset of the first sync byte in every message; null if it differs from message to message. */
  readonly first: number | null;
}

/**
 * Aligned TS, TS after an RTP header, 192-byte packets (with 4 bytes before the sync byte, as in M2TS, or at the end), 204-byte
 * packets, unaligned TS.
 */
const FRAMINGS: readonly Framing[] = [
  { size: 188, first: 0 },
  { size: 188, first: 12 },
  { size: 192, first: 4 },
  { size: 192, first: 0 },
  { size: 204, first: 0 },
  { size: 188, first: null },
];
/** The framings that the payload may change to: packets of each size, from any offset. */
const UNALIGNED: readonly Framing[] = [188, 192, 204].map((size) => ({ size, first: null }));

/** What {@linkcode NoiseDetector.push} decides about a message. */
export type NoiseVerdict = "clean" | "suspect" | "noise";

/**
 * Classifies the messages of one session.
 *
 * The owner keeps suspect messages. It writes them, in order, before the next clean message, and drops them at the first `noise`.
 * At most {@linkcode NOISE_MESSAGES} - 1 messages are held at a time.
 */
export class NoiseDetector {
  #framing: Framing | null = null;
  /** Packets that fit, in consecutive messages that fit, for each of {@linkcode FRAMINGS}. */
  readonly #fitting: number[] = FRAMINGS.map(() => 0);
  /** Suspect messages since the last clean one. */
  #held = 0;
  /** Packets that start with the sync byte, in the messages since the last message that was not TS. */
  #restored = 0;

  /**
   * Decides about the next message. Until TS has been recognized, every message is clean.
   *
   * @param message One SRT message; not kept.
   * @returns `suspect` if fewer than half of the message's packets start with the sync byte. After that, every message is
   * `suspect` until consecutive messages have five packets in all that start with the sync byte, or one message has five in a row in
   * another framing. The 20th message in a row that is not clean, and those after it, are `noise`.
   */
  push(message: Uint8Array): NoiseVerdict {
    if (this.#framing === null) {
      this.#learn(message);
      return "clean";
    }
    const packets = fittingPackets(message, this.#framing);
    if (packets > 0 && this.#held === 0) return "clean";
    this.#restored = packets === 0 ? 0 : this.#restored + packets;
    if (this.#restored >= CERTAIN_PACKETS) {
      this.#held = 0;
      this.#restored = 0;
      return "clean";
    }
    const other = UNALIGNED.find((framing) => isCertain(message, framing));
    if (other !== undefined) {
      this.#framing = other;
      this.#held = 0;
      return "clean";
    }
    this.#held += 1;
    return this.#held < NOISE_MESSAGES ? "suspect" : "noise";
  }

  #learn(message: Uint8Array): void {
    for (const [index, framing] of FRAMINGS.entries()) {
      const packets = fittingPackets(message, framing);
      const total = packets === 0 ? 0 : (this.#fitting[index] ?? 0) + packets;
      this.#fitting[index] = total;
      if (total < LEARNED_PACKETS) continue;
      this.#framing = framing;
      return;
    }
  }
}

/**
 * Reports whether a message has a position from which a sync byte follows every `size` bytes up to the end of the message, five
 * of them or more. Fewer than one in 10^9 messages of noise passes.
 */
function isCertain(message: Uint8Array, { size }: Framing): boolean {
  for (let first = 0; first < size && first + (CERTAIN_PACKETS - 1) * size < message.length; first += 1) {
    let at = first;
    while (at < message.length && message[at] === SYNC_BYTE) at += size;
    if (at >= message.length) return true;
  }
  return false;
}

/**
 * Counts the TS packets of this framing that start with the sync byte; 0 if fewer than half of them do, or fewer than
 * {@linkcode UNALIGNED_PACKETS} in a framing without a fixed offset.
 */
function fittingPackets(message: Uint8Array, { size, first }: Framing): number {
  if (first !== null) return syncBytes(message, first, size);
  for (let at = 0; at < size && at + (UNALIGNED_PACKETS - 1) * size < message.length; at += 1) {
    if (message[at] !== SYNC_BYTE) continue;
    const packets = syncBytes(message, at, size);
    if (packets >= UNALIGNED_PACKETS) return packets;
  }
  return 0;
}

function syncBytes(message: Uint8Array, first: number, size: number): number {
  let found = 0;
  let places = 0;
  for (let at = first; at < message.length; at += size) {
    places += 1;
    if (message[at] === SYNC_BYTE) found += 1;
  }
  return found * 2 >= places ? found : 0;
}
