/**
 * What the socket of every session has in common, whether it listens for its caller or calls a listener: options of a receiver,
 * and the UDP socket that it acquires.
 *
 * @module
 */

import { lastSrtError } from "./error.ts";
import type { OptionName } from "./option.ts";
import { SRT_ERROR } from "./raw.ts";
import { GIVEN_TO_LIBSRT, MAX_UNITS, type SessionOptions, UNIT_BYTES } from "./session_option.ts";
import type { SrtSocket } from "./socket.ts";

/** libsrt's default of `SRTO_FC`: as much as a caller of 100 Mbit/s sends in 2.7 s. */
const MIN_UNITS = 25_600;
/**
 * Packets of 188 bytes in a second at 200 Mbit/s. A smaller buffer does not only lose what does not fit: libsrt 1.5.1 stalls
 * permanently once the buffer is full.
 */
const UNITS_PER_SECOND = 200_000_000 / 8 / 188;

/** Options of a receiver. */
export interface ReceiverOptions {
  /** Receiver latency to request in ms, 0..65535; null for libsrt's default (120). The other side's own may raise it. */
  readonly latencyMs: number | null;
  /** Passphrase, 10..79 bytes; null for none. The other side must have the same. */
  readonly passphrase: string | null;
  /**
   * Latency that the other side requests from us in ms, 0..65535: the larger of both is in force, and the buffer must hold it.
   */
  readonly callerLatencyMs?: number;
  /** How long the other side may be silent before libsrt ends the connection, in ms; libsrt's default (5000) unless given. */
  readonly peerIdleTimeoutMs?: number;
  /** Key length in bytes: that of the caller's KMREQ, which gosrt expects in the response; in a call, the one to use. 0: none. */
  readonly keyLength?: number;
  /** Options that the operator set. Those that are not passed to libsrt have no effect here. */
  readonly options?: SessionOptions;
}

/**
 * Returns the size of the receiver buffer in packets: as many as arrive at 200 Mbit/s in the latency in force, but at least
 * libsrt's default, and at most what libsrt can hold. libsrt allocates 16 bytes for each packet immediately, and the packet's
 * own memory as the buffer fills.
 */
export function bufferUnits(latencyMs: number): number {
  return Math.min(MAX_UNITS, Math.max(MIN_UNITS, Math.ceil((latencyMs / 1000) * UNITS_PER_SECOND)));
}

/** Sets the options of a receiver on a socket that is not bound. @throws {SrtError} An option is out of range. */
export function setReceiverOptions(socket: SrtSocket, options: ReceiverOptions): void {
  socket.set("rcvsyn", false);
  setBuffer(socket, options);
  setOptions(socket, options.options ?? {});
  if (options.latencyMs !== null) socket.set("rcvlatency", options.latencyMs);
  if (options.passphrase !== null) socket.set("passphrase", options.passphrase);
  if (options.keyLength) socket.set("pbkeylen", options.keyLength);
  if (options.peerIdleTimeoutMs !== undefined) socket.set("peeridletimeo", options.peerIdleTimeoutMs);
}

/** Gives a UDP socket to libsrt, which owns it once this returns, and closes it. @throws {SrtError} */
export function acquire({ symbols, id }: SrtSocket, descriptor: number): void {
  const acquired = symbols.srt_bind_acquire(id, descriptor);
  if (acquired === SRT_ERROR) throw lastSrtError(symbols, `cannot acquire descriptor ${descriptor}`);
}

function setBuffer(socket: SrtSocket, { latencyMs, callerLatencyMs = 0, options = {} }: ReceiverOptions): void {
  const units = bufferUnits(Math.max(latencyMs ?? 0, callerLatencyMs));
  const { fc, rcvbuf } = options;
  // fc first, because it limits rcvbuf
  socket.set("fc", fc ?? Math.max(units, Math.ceil((rcvbuf ?? 0) / UNIT_BYTES)));
  socket.set("rcvbuf", rcvbuf ?? units * UNIT_BYTES);
}

function setOptions(socket: SrtSocket, options: SessionOptions): void {
  for (const name of GIVEN_TO_LIBSRT) {
    const value = options[name];
    if (value !== undefined) socket.set<OptionName>(name, value);
  }
}
