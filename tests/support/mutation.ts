/**
 * Mutated packets, the same ones for the same seed.
 *
 * @module
 */

/**
 * Returns a function that returns integers from 0 to `below` - 1. Mulberry32: 32 bits of state, uniform enough to choose bytes.
 */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Bytes that decoders are most likely to decode wrongly. */
const EDGES = [0, 1, 2, 3, 4, 5, 8, 0x3d, 0x2c, 0x7f, 0x80, 0xff];

/** Returns a copy with one to four changes: a byte or a length is changed, or a part is cut off, appended or repeated. */
export function mutate(packet: Uint8Array, random: (below: number) => number): Uint8Array<ArrayBuffer> {
  let result = packet.slice();
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(result.length + 1);
    switch (random(6)) {
      case 0:
        result[at] = random(256);
        break;
      case 1:
        result[at] = EDGES[random(EDGES.length)] ?? 0;
        break;
      case 2:
        result = result.slice(0, at);
        break;
      case 3:
        result = Uint8Array.from([...result, ...Array.from({ length: random(24) }, () => random(256))]);
        break;
      case 4: {
        // repeats a part: repeated blocks, shifted blocks
        const from = Math.min(at, 64);
        result = Uint8Array.from([...result, ...result.subarray(from, from + 4 * random(8))]);
        break;
      }
      default:
        // a block with another type and length
        if (result.length > 68) result.set([0, 1 + random(8), random(256), random(256)], 64);
    }
  }
  return result;
}
