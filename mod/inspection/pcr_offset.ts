/**
 * Calculates by PCR how much later one recording begins than another one of the same stream.
 *
 * Equal PCRs prove nothing: many encoders begin with the same value, and multiplexers with the same constant rate have the same
 * steps. Therefore two recordings are treated as recordings of the same stream only if a TS packet with a PCR and payload near
 * the beginning of one is also in the other, byte for byte.
 *
 * @module
 */

import { type PcrPacket, PcrPackets } from "../ts/pcr_packets.ts";
import { TICKS_PER_MS } from "../ts/stream_clock.ts";

/** Our choice: number of packets near the beginning of a recording that are searched for. One is enough; others may be lost. */
const SEARCHED_PACKETS = 64;
/** Our choice: these packets are within this many bytes from the beginning. */
const BEGINNING_BYTES = 67_108_864;
const READ_BYTES = 524_288;

/**
 * Returns the time from the first PCR of `reference` to that of `file`, of the same PID, in ms; negative if `file` begins earlier. It
 * is exact to one tick (1/27,000 ms).
 *
 * @returns Null if they are not known to be of the same stream, do not overlap, or the PCR jumps before their common part.
 * @throws {Error} A file cannot be read.
 */
export function pcrOffsetMs(reference: string, file: string): number | null {
  const later = startMsIn(reference, beginningOf(file));
  if (later !== null) return later;
  const earlier = startMsIn(file, beginningOf(reference));
  return earlier === null ? null : 0 - earlier;
}

/**
 * Returns whether packets with a PCR and payload near the beginning of a recording are repeated in it, as in a loop. Then the
 * offset by PCR may be wrong by the length of the loop.
 *
 * @throws {Error} The file cannot be read.
 */
export function isLoop(path: string): boolean {
  const beginning = beginningOf(path);
  const found = new Set<PcrPacket>();
  for (const packet of beginning.size === 0 ? [] : pcrPacketsOf(path, Infinity)) {
    const searched = beginning.get(packet.value);
    if (searched === undefined || !isSame(packet, searched)) continue;
    if (found.has(searched)) return true;
    found.add(searched);
  }
  return false;
}

/** Returns packets with a PCR and payload near the beginning of a recording, by their PCR. */
function beginningOf(path: string): ReadonlyMap<number, PcrPacket> {
  const packets = new Map<number, PcrPacket>();
  for (const packet of pcrPacketsOf(path, BEGINNING_BYTES)) {
    if (packet.hasPayload && packet.elapsedTicks !== null) packets.set(packet.value, packet);
    if (packets.size === SEARCHED_PACKETS) break;
  }
  return packets;
}

/**
 * Returns the time from the first PCR in `path` to that of the recording with these packets; null if `path` has none of them, or
 * only after a jump of the PCR.
 */
function startMsIn(path: string, beginning: ReadonlyMap<number, PcrPacket>): number | null {
  for (const packet of beginning.size === 0 ? [] : pcrPacketsOf(path, Infinity)) {
    const { elapsedTicks } = packet;
    const searched = beginning.get(packet.value);
    if (searched?.elapsedTicks === undefined || searched.elapsedTicks === null || elapsedTicks === null) continue;
    if (isSame(packet, searched)) return (elapsedTicks - searched.elapsedTicks) / TICKS_PER_MS;
  }
  return null;
}

function isSame(packet: PcrPacket, other: PcrPacket): boolean {
  return packet.pid === other.pid && packet.bytes.every((byte, index) => byte === other.bytes[index]);
}

function* pcrPacketsOf(path: string, maxBytes: number): Generator<PcrPacket> {
  using file = Deno.openSync(path);
  let found: PcrPacket[] = [];
  const packets = new PcrPackets((packet) => found.push({ ...packet, bytes: packet.bytes.slice() }));
  const buffer = new Uint8Array(READ_BYTES);
  let rest = maxBytes;
  for (let length = file.readSync(buffer); length !== null && rest > 0; length = file.readSync(buffer)) {
    packets.push(buffer.subarray(0, length));
    rest -= length;
    yield* found;
    found = [];
  }
}
