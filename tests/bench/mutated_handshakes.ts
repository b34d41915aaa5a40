/**
 * Handshakes that are wrong in some way: captured ones with bits flipped, bytes replaced, numbers at their limits, cut or too
 * long. The same seed makes the same handshakes.
 *
 * @module
 */

import {
  bytes,
  CONCLUSION_FFMPEG,
  CONCLUSION_FILE,
  CONCLUSION_FILTER,
  CONCLUSION_KEY_32,
  CONCLUSION_PLAIN,
  CONCLUSION_STANDARD_SID,
  INDUCTION,
  WAVEAHAND,
} from "../fixtures/handshakes.ts";
import { ForgedDatagrams, LOCALHOST } from "../support/forged_datagrams.ts";

const CAPTURED = [
  INDUCTION,
  WAVEAHAND,
  CONCLUSION_PLAIN,
  CONCLUSION_STANDARD_SID,
  CONCLUSION_KEY_32,
  CONCLUSION_FILTER,
  CONCLUSION_FILE,
  CONCLUSION_FFMPEG,
];
/** How many bytes are appended to a captured handshake, or removed from its end. */
const LENGTH_CHANGES = [0, 0, 0, -1, -16, -40, 4, 60] as const;
const INTERESTING = [0, 1, 0x7f, 0x80, 0xff] as const;
const BATCH = 50;
const FIRST_PORT = 1024;
const PORTS = 64_512;
/** Batches between two pauses. With pauses of {@linkcode PAUSE_MS}, at most 50,000 handshakes are sent in a second. */
const BATCHES_PER_PAUSE = 50;
const PAUSE_MS = 50;

/** Sends `count` such handshakes, in whole batches, from ports of 127.0.0.1; returns how many were sent. */
export async function sendMutatedHandshakes(
  { port, count, seed }: { readonly port: number; readonly count: number; readonly seed: number },
): Promise<number> {
  const random = xorshift(seed);
  let sent = 0;
  for (let round = 0; sent < count; round += 1) {
    const captured = bytes(CAPTURED[round % CAPTURED.length] ?? INDUCTION);
    const change = LENGTH_CHANGES[Math.floor(round / CAPTURED.length) % LENGTH_CHANGES.length] ?? 0;
    const base = new Uint8Array(captured.length + change);
    base.set(captured.subarray(0, base.length));
    using forged = new ForgedDatagrams({ port, payloadBytes: base.length, batch: BATCH });
    for (let batch = 0; batch < BATCHES_PER_PAUSE && sent < count; batch += 1) {
      for (let index = 0; index < BATCH; index += 1) {
        forged.set(index, { address: LOCALHOST, port: FIRST_PORT + random() % PORTS }, mutate(base, random));
      }
      sent += forged.send();
    }
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
  return sent;
}

function mutate(base: Uint8Array, random: () => number): Uint8Array {
  const mutated = base.slice();
  for (let changes = 1 + random() % 4; changes > 0; changes -= 1) {
    // mostly keeps the first four bytes, because without them nothing else is decoded
    const at = random() % 16 === 0 ? random() % base.length : 4 + random() % (base.length - 4);
    switch (random() % 3) {
      case 0:
        mutated[at] = (mutated[at] ?? 0) ^ (1 << random() % 8);
        break;
      case 1:
        mutated[at] = random() & 0xff;
        break;
      default:
        mutated[at] = INTERESTING[random() % INTERESTING.length] ?? 0;
    }
  }
  return mutated;
}

/** Numbers of 32 bits (Marsaglia, xorshift). */
function xorshift(seed: number): () => number {
  let word = seed >>> 0 || 1;
  return () => {
    word ^= word << 13;
    word ^= word >>> 17;
    word = (word ^ (word << 5)) >>> 0;
    return word;
  };
}
