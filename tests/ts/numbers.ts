/** Returns a generator of pseudorandom numbers (mulberry32), so that a failure can be repeated with its seed. */
export function numbersOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = state + 0x6d2b79f5 | 0;
    let value = Math.imul(state ^ state >>> 15, state | 1);
    value ^= value + Math.imul(value ^ value >>> 7, value | 61);
    return ((value ^ value >>> 14) >>> 0) % below;
  };
}
