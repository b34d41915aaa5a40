/**
 * A real SRT caller for tests: libsrt's own, by FFI, in the process of the test.
 *
 * libsrt is loaded and started when this file is imported, and stays until the end of the process. Its clean-up would block
 * each test for a second, and a library opened inside a test counts as a leak.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { freePort as freePortOf } from "../../mod/os/free_port.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { encodeSocketAddress } from "../../mod/os/socket_address.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import { CallRefusedError, connectSocket } from "../../mod/srt/connect.ts";
import { lastSrtError, lastSrtErrorCode } from "../../mod/srt/error.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import { SrtSocket } from "../../mod/srt/socket.ts";
import { DEADLINE_MS } from "./deadline.ts";
import { waitUntil } from "./processes.ts";

const CALLER_SYMBOLS = {
  // int srt_connect(SRTSOCKET u, const struct sockaddr* name, int namelen);
  connectWaiting: { name: "srt_connect", parameters: ["i32", "buffer", "i32"], result: "i32", nonblocking: true },
  // int srt_bind(SRTSOCKET u, const struct sockaddr* name, int namelen);
  srt_bind: { parameters: ["i32", "buffer", "i32"], result: "i32" },
  // int srt_sendmsg2(SRTSOCKET u, const char* buf, int len, SRT_MSGCTRL* mctrl);
  srt_sendmsg2: { parameters: ["i32", "buffer", "i32", "buffer"], result: "i32" },
  // int64_t srt_time_now(void);
  srt_time_now: { parameters: [], result: "i64" },
  // int srt_setsockflag(SRTSOCKET u, SRT_SOCKOPT opt, const void* optval, int optlen);
  srt_setsockflag: { parameters: ["i32", "i32", "buffer", "i32"], result: "i32" },
  // int srt_getrejectreason(SRTSOCKET sock);
  srt_getrejectreason: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

const libc = openLibc();
/** The library, also for listeners of this process. */
export const libsrt = openLibsrt();
// a process that ends while libsrt runs sometimes crashes with a double free
addEventListener("unload", () => libsrt.close());
const caller = Deno.dlopen(libsrt.file, CALLER_SYMBOLS).symbols;

/** `SRT_EASYNCSND`: the sender buffer is full. */
const SRT_EASYNCSND = 6001;

const SRTT_FILE = 1;

/** `SRTO_MAXBW`, an int64: bytes a second, headers included. */
const SRTO_MAXBW = 16;
/** Bytes of the headers of one packet: IPv4, UDP, SRT. */
const HEADER_BYTES = 44;
/** `sizeof(SRT_MSGCTRL)` on 64-bit machines, and offsets in it. */
const MSGCTRL = { bytes: 48, msgttl: 4, srctime: 16, pktseq: 24, msgno: 28 } as const;
/** How much faster than the payload libsrt may send, so that its buffer does not fill. */
const HEADROOM = 1.02;

/** Seven TS packets, what fits in one SRT message. */
export const LIVE_MESSAGE_BYTES = 1316;

/** A latency that is enough for retransmissions of packets that a busy machine lost in full buffers, in ms. */
export const SAFE_LATENCY_MS = 1000;

/**
 * How long a caller continues without a packet from the listener, in ms: longer than a test may last, so that only a SHUTDOWN
 * ends it.
 */
const PEER_IDLE_MS = 2 * DEADLINE_MS;

/** Time between two checks of a state whose changes libsrt does not report, in ms. */
const POLL_MS = 1;

/** Time between two steps of a paced sender, in ms. */
const PACE_MS = 5;

/** The longest pause that a paced sender makes up for, in ms: a burst after a longer one would overflow the receiver's buffer. */
const MADE_UP_MS = 50;

export interface SrtCallerOptions {
  /** Numeric IPv4 or IPv6 address; 127.0.0.1 unless given. */
  readonly host?: string;
  readonly port: number;
  /** The caller's own UDP port: callers with the same one share a UDP socket. Any free one unless given. */
  readonly localPort?: number;
  readonly streamId?: string;
  readonly passphrase?: string;
  /** Latency of both directions in ms. */
  readonly latencyMs?: number;
  /** Whether `srt_connect` waits; true unless given. It then repeats handshakes every 1000 ms, otherwise every 250 ms. */
  readonly blocking?: boolean;
  readonly transtype?: "live" | "file";
  /** {@linkcode DEADLINE_MS} unless given: a busy machine may take longer to start a process than the 3 s of libsrt's default. */
  readonly connectTimeoutMs?: number;
  /** Key length in bytes: 16, 24 or 32. */
  readonly keyLength?: number;
  /** Longest message in bytes (`SRTO_PAYLOADSIZE`), up to 1456; 1316 unless given. */
  readonly maxMessageBytes?: number;
  /** Such as `fec,cols:10,rows:5`; none unless given. */
  readonly packetFilter?: string;
  /**
   * Stamps and sends messages one by one, at the intervals of this payload rate. Otherwise each message is stamped with the time
   * at which libsrt gets it.
   */
  readonly pacedBitsPerSecond?: number;
}

/** The connection was not established. */
export class CallerRefusedError extends Error {
  override readonly name = "CallerRefusedError";
  /** `srt_getrejectreason`: 10 bad passphrase, 16 timeout, 1403 forbidden, ... */
  readonly rejectReason: number;
  /** From the first packet to the failure, in ms. */
  readonly elapsedMs: number;

  constructor(rejectReason: number, elapsedMs: number) {
    super(`cannot connect: rejection reason ${rejectReason} after ${elapsedMs.toFixed(1)} ms`);
    this.rejectReason = rejectReason;
    this.elapsedMs = elapsedMs;
  }
}

/** A connected caller. */
export class SrtCaller implements AsyncDisposable {
  readonly #socket: SrtSocket;
  readonly #isPaced: boolean;
  #longestPauseMs = 0;
  #isDisposed = false;

  /** How long connecting took, in ms. */
  readonly connectMs: number;

  private constructor(
    socket: SrtSocket,
    { connectMs, isPaced }: { readonly connectMs: number; readonly isPaced: boolean },
  ) {
    this.#socket = socket;
    this.#isPaced = isPaced;
    this.connectMs = connectMs;
  }

  /**
   * Connects; does not block the thread of the test.
   *
   * @throws {CallerRefusedError} Refused, or no answer within `connectTimeoutMs`.
   */
  static async connect(options: SrtCallerOptions): Promise<SrtCaller> {
    const socket = SrtSocket.create(libsrt.symbols);
    try {
      const blocking = options.blocking ?? true;
      configure(socket, options, blocking);
      if (options.localPort !== undefined) bind(socket, options.localPort);
      const address = encodeSocketAddress(libc, { address: options.host ?? "127.0.0.1", port: options.port });
      const startedMs = performance.now();
      const reason = blocking ? await connectWaiting(socket, address) : await connectPolling(socket, address);
      const elapsedMs = performance.now() - startedMs;
      if (reason !== null) throw new CallerRefusedError(reason, elapsedMs);
      return new SrtCaller(socket, { connectMs: elapsedMs, isPaced: options.pacedBitsPerSecond !== undefined });
    } catch (error) {
      socket.close();
      throw error;
    }
  }

  /** Takes over a connection that a listener of this process has accepted (`srt_source.ts`). */
  static accepted(socket: SrtSocket): SrtCaller {
    return new SrtCaller(socket, { connectMs: 0, isPaced: false });
  }

  /** The receiver's latency that was negotiated, in ms. */
  get peerLatencyMs(): number {
    return this.#socket.get("peerlatency");
  }

  /**
   * The longest time between two messages of one {@linkcode send} so far, in ms. On a busy machine it is longer than the rate
   * implies.
   */
  get longestPauseMs(): number {
    return this.#longestPauseMs;
  }

  /**
   * Sends `bytes` in messages (the last may be shorter).
   *
   * @param options `bitsPerSecond`: highest payload rate; as fast as the sender buffer takes it unless given. `messageBytes`:
   * {@linkcode LIVE_MESSAGE_BYTES} unless given.
   * @throws {SrtError} The connection is broken.
   */
  async send(
    bytes: Uint8Array<ArrayBuffer>,
    options: { readonly bitsPerSecond?: number; readonly messageBytes?: number } = {},
  ): Promise<void> {
    const messageBytes = options.messageBytes ?? LIVE_MESSAGE_BYTES;
    const bytesPerMs = (options.bitsPerSecond ?? Infinity) / 8000;
    if (this.#isPaced) await pause(2 * PACE_MS); // no time stamp may be before the connection
    let startedMs = performance.now();
    let lastMs = startedMs;
    let offset = 0;
    while (offset < bytes.length && !this.#isDisposed) {
      startedMs = Math.max(startedMs, performance.now() - offset / bytesPerMs - MADE_UP_MS);
      const due = Math.min(bytes.length, (performance.now() - startedMs + PACE_MS) * bytesPerMs);
      while (offset < due) {
        const message = bytes.subarray(offset, offset + messageBytes);
        const nowMs = performance.now();
        this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - lastMs);
        lastMs = nowMs;
        // what is due is sent up to PACE_MS before its time
        const control = this.#isPaced ? stampedControl(startedMs + offset / bytesPerMs - PACE_MS - nowMs) : null;
        if (!this.#sendMessage(message, control)) break;
        offset += message.length;
      }
      if (offset < bytes.length) await pause(PACE_MS);
    }
  }

  /** Waits until the receiver has acknowledged everything that was sent. @throws {Error} The connection is broken before that. */
  async waitUntilDelivered(): Promise<void> {
    await waitUntil("delivery", () => {
      if (this.#socket.get("snddata") === 0) return true;
      if (this.#socket.state === "connected") return false;
      throw new Error("the connection was broken before everything was delivered");
    }, POLL_MS);
  }

  /** Waits until a SHUTDOWN ends the connection; returns how many ms that took. */
  async waitUntilBroken(): Promise<number> {
    const startedMs = performance.now();
    await waitUntil("a SHUTDOWN", () => this.#socket.state !== "connected", POLL_MS);
    return performance.now() - startedMs;
  }

  /** Closes at once: a SHUTDOWN is sent, and unsent payload is lost. Idempotent. */
  close(): void {
    this.#socket.close();
  }

  /** Closes, and ends a {@linkcode send} in progress, because its error would hide the error of the test. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true;
    this.close();
    return Promise.resolve();
  }

  /** Returns false if the sender buffer is full. */
  #sendMessage(message: Uint8Array<ArrayBuffer>, control: Uint8Array<ArrayBuffer> | null): boolean {
    if (caller.srt_sendmsg2(this.#socket.id, message, message.length, control) >= 0) return true;
    if (lastSrtErrorCode(libsrt.symbols) === SRT_EASYNCSND) return false;
    throw lastSrtError(libsrt.symbols, "cannot send a message");
  }
}

/** Connects, or returns the rejection reason. `srt_connect` waits. */
async function connectWaiting(socket: SrtSocket, address: Uint8Array<ArrayBuffer>): Promise<number | null> {
  // the result counts and not the state, because the other side may have ended the connection already
  const result = await caller.connectWaiting(socket.id, address, address.length);
  return result === 0 ? null : caller.srt_getrejectreason(socket.id);
}

/** Connects, or returns the rejection reason. `srt_connect` does not wait. */
async function connectPolling(socket: SrtSocket, address: Uint8Array<ArrayBuffer>): Promise<number | null> {
  try {
    await connectSocket(socket, address);
    return null;
  } catch (error) {
    if (error instanceof CallRefusedError) return error.reason;
    throw error;
  }
}

function configure(socket: SrtSocket, options: SrtCallerOptions, blocking: boolean): void {
  if (options.transtype === "file") socket.set("transtype", SRTT_FILE);
  socket.set("rcvsyn", blocking);
  socket.set("sndsyn", false);
  socket.set("conntimeo", options.connectTimeoutMs ?? DEADLINE_MS);
  configureSender(socket);
  if (options.latencyMs !== undefined) socket.set("latency", options.latencyMs);
  if (options.streamId !== undefined) socket.set("streamid", options.streamId);
  if (options.keyLength !== undefined) socket.set("pbkeylen", options.keyLength);
  if (options.maxMessageBytes !== undefined) socket.set("payloadsize", options.maxMessageBytes);
  if (options.passphrase !== undefined) socket.set("passphrase", options.passphrase);
  if (options.packetFilter !== undefined) socket.set("packetfilter", options.packetFilter);
  if (options.pacedBitsPerSecond !== undefined) pace(socket, options.pacedBitsPerSecond);
}

/** Sets what every sender needs on a machine that may stall for seconds. */
export function configureSender(socket: SrtSocket): void {
  socket.set("peeridletimeo", PEER_IDLE_MS);
  socket.set("snddropdelay", -1); // otherwise it would drop unsent payload
}

/** A message control that stamps a packet with the time `delayMs` from now, or with the present time if that is in the future. */
function stampedControl(delayMs: number): Uint8Array<ArrayBuffer> {
  const control = new DataView(new ArrayBuffer(MSGCTRL.bytes));
  for (const field of [MSGCTRL.msgttl, MSGCTRL.pktseq, MSGCTRL.msgno]) control.setInt32(field, -1, true);
  control.setBigInt64(MSGCTRL.srctime, caller.srt_time_now() + BigInt(Math.round(Math.min(0, delayMs) * 1000)), true);
  return new Uint8Array(control.buffer);
}

function pace(socket: SrtSocket, bitsPerSecond: number): void {
  const withHeaders = bitsPerSecond / 8 * (LIVE_MESSAGE_BYTES + HEADER_BYTES) / LIVE_MESSAGE_BYTES;
  const value = new BigInt64Array([BigInt(Math.round(withHeaders * HEADROOM))]);
  if (caller.srt_setsockflag(socket.id, SRTO_MAXBW, value, value.byteLength) < 0) {
    throw lastSrtError(libsrt.symbols, "cannot set the highest rate");
  }
}

/** Binds a socket to a port of 127.0.0.1, or of another numeric address. */
export function bind(socket: SrtSocket, port: number, host = "127.0.0.1"): void {
  const address = encodeSocketAddress(libc, { address: host, port });
  if (caller.srt_bind(socket.id, address, address.length) < 0) throw lastSrtError(libsrt.symbols, "cannot bind");
}

/** Connects one of many callers; calls again if a busy machine has no process for it in time. */
export async function connectInCrowd(options: SrtCallerOptions): Promise<SrtCaller> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (true) {
    try {
      return await SrtCaller.connect(options);
    } catch (error) {
      const isLate = error instanceof CallerRefusedError && error.rejectReason === REJECTION.RESOURCE;
      if (!isLate || performance.now() > deadlineMs) throw error;
    }
  }
}

/** A UDP port of 127.0.0.1 that is free now. */
export function freePort(): number {
  return freePortOf("127.0.0.1");
}
