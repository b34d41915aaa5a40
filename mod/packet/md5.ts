/**
 * MD5 (RFC 1321) of a short text: libsrt computes its SYN cookie with MD5. A child does not load `node:crypto`, and Web Crypto
 * has no MD5. Nothing depends on the security of MD5.
 *
 * @module
 */

const BLOCK_BYTES = 64;
/** The text must fit into one block, which ends with a 1 bit, padding, and the length in 64 bits: at least 9 bytes. */
const MAX_BYTES = BLOCK_BYTES - 9;

const INITIAL = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;
/** Bits of rotation (RFC 1321, 3.4), one row for each of the four rounds. The steps of a round use the four numbers in turn. */
const ROTATIONS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]] as const;

/**
 * Returns the first four bytes of the MD5 of a text, read as a little-endian number of 32 bits, unsigned.
 *
 * @param text ASCII, at most 55 characters
 * @throws {RangeError} If the text is longer
 */
export function md5FirstWord(text: string): number {
  if (text.length > MAX_BYTES) throw new RangeError(`cannot hash "${text}": more than ${MAX_BYTES} characters`);
  const block = new DataView(new ArrayBuffer(BLOCK_BYTES));
  for (let index = 0; index < text.length; index += 1) block.setUint8(index, text.charCodeAt(index));
  block.setUint8(text.length, 0x80);
  block.setUint32(BLOCK_BYTES - 8, text.length * 8, true);

  let [a, b, c, d]: readonly [number, number, number, number] = INITIAL;
  for (let step = 0; step < 64; step += 1) {
    const [mixed, word] = mix(step, b, c, d);
    const constant = Math.floor(Math.abs(Math.sin(step + 1)) * 2 ** 32);
    const sum = (a + mixed + constant + block.getUint32(word * 4, true)) | 0;
    const bits = ROTATIONS[step >> 4]?.[step & 3] ?? 0;
    [a, b, c, d] = [d, (b + ((sum << bits) | (sum >>> (32 - bits)))) | 0, b, c];
  }
  return (a + INITIAL[0]) >>> 0;
}

/**
 * Applies the function of the current round (RFC 1321, 3.4). Returns its result, and the index of the word that the step adds.
 */
function mix(step: number, b: number, c: number, d: number): readonly [mixed: number, word: number] {
  switch (step >> 4) {
    case 0:
      return [(b & c) | (~b & d), step];
    case 1:
      return [(d & b) | (~d & c), (5 * step + 1) & 15];
    case 2:
      return [b ^ c ^ d, (3 * step + 5) & 15];
    default:
      return [c ^ (b | ~d), (7 * step) & 15];
  }
}
