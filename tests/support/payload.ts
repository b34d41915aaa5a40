/**
 * Payload for callers: TS packets with bytes from a seed, so that a failed comparison can be repeated.
 *
 * @module
 */

/** Bytes of one TS packet, and of one SRT message with seven of them. */
const TS_PACKET_BYTES = 188;
const MESSAGE_BYTES = 7 * TS_PACKET_BYTES;

/** `messages` SRT messages of seven null packets each, filled with xorshift32 of `seed`. */
export function makePayload(messages: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(messages * MESSAGE_BYTES / 4);
  let word = (seed * 0x9e3779b9) >>> 0 || 1;
  for (let index = 0; index < words.length; index += 1) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[index] = word;
  }
  const payload = new Uint8Array(words.buffer);
  for (let offset = 0; offset < payload.length; offset += TS_PACKET_BYTES) {
    payload.set([0x47, 0x1f, 0xff, 0x10], offset); // sync byte, PID 0x1fff, payload only
  }
  return payload;
}
