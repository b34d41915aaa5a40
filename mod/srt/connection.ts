/**
 * The receiver's side of one connection, with a caller or with a listener that was called: its messages (also those that remain
 * after the other side has closed), its statistics, and its end.
 *
 * {@linkcode Connection.receiveInto} is called 10,000 times a second at 100 Mbit/s, and the last call of each batch finds
 * nothing. So it allocates no result, and does not throw if there is no message: {@linkcode NO_MESSAGE} means that none is ready,
 * and {@linkcode Connection.phase} then reports whether any may follow.
 *
 * @module
 */

import { lastSrtError, lastSrtErrorCode, SRT_EASYNCRCV, SRT_ECONNLOST, SRT_EINVSOCK, SRT_ENOCONN } from "./error.ts";
import { optionNumber } from "./option.ts";
import { SRT_EPOLL_ERR, SRT_EPOLL_IN, SRT_ERROR } from "./raw.ts";
import type { LibsrtSymbols } from "./raw.ts";
import { SrtSocket } from "./socket.ts";
import {
  decodeAge,
  decodeArrivedPackets,
  decodeReorderDistance,
  decodeSentAcks,
  decodeStatistics,
  decodeWaitingPackets,
  STATISTICS_BYTES,
} from "./statistics.ts";
import type { ArrivedPackets, ConnectionStatistics } from "./statistics.ts";
import { formatVersion } from "./version.ts";

/** Longest message in live mode, in bytes: `SRT_LIVE_MAX_PLSIZE`, 1500 less the IPv4, UDP and SRT headers. */
export const MAX_MESSAGE_BYTES = 1456;

/** What {@linkcode Connection.receiveInto} returns if no message is ready. */
export const NO_MESSAGE = -1;

/** `sizeof(SRT_MSGCTRL)` on 64-bit machines. Its two last fields (group data) stay NULL and 0. */
const MSGCTRL_BYTES = 48;

/** libsrt's numbers of the options that are read while messages are received. */
const RCVDATA = optionNumber("rcvdata");
const EVENT = optionNumber("event");

/** Offset of `int64_t srctime` in `SRT_MSGCTRL`, in 32-bit words. */
const MSGCTRL_SRCTIME_WORD = 4;
/** Offset of `int32_t pktseq` in `SRT_MSGCTRL`, in 32-bit words. */
const MSGCTRL_PKTSEQ_WORD = 6;
/** More than the time between two packets of most streams, in us (our choice). */
const BEHIND_US = 10_000;
/** No sequence number: libsrt writes one only if it takes a message from its buffer. */
const NO_SEQUENCE = -1;

/**
 * - `open`: connected.
 * - `draining`: no longer connected, but libsrt still holds messages that are not due yet: continue to call `receiveInto` for up
 * to one latency.
 * - `ended`: no longer connected, and everything was received.
 */
export type ConnectionPhase = "open" | "draining" | "ended";

/** One connection. Owns its SRT socket. */
export class Connection implements Disposable {
  readonly #socket: SrtSocket;
  readonly #symbols: LibsrtSymbols;
  readonly #messageControl = new Int32Array(MSGCTRL_BYTES / Int32Array.BYTES_PER_ELEMENT);
  readonly #messageControlPointer = Deno.UnsafePointer.of(this.#messageControl);
  readonly #statistics = new Uint8Array(STATISTICS_BYTES);
  #waitingPackets = 0;
  #isReordered = false;
  #ageMs = 0;
  #sentAcks = 0;
  readonly #optionValue = new Int32Array(1);
  readonly #optionLength = new Int32Array(1);
  #phase: ConnectionPhase = "open";
  #lastStatistics: ConnectionStatistics | null = null;

  /** Latency in force (TSBPD delay) in ms: the larger of both sides. */
  readonly latencyMs: number;

  /** The other side's SRT version, such as `1.5.1`. */
  readonly peerVersion: string;

  /**
   * Takes over a connected socket whose `rcvsyn` is false. A socket that `srt_accept` returned inherits this from its listener.
   *
   * @throws {SrtError} The connection had ended before its state could be read.
   */
  constructor(socket: SrtSocket) {
    this.#socket = socket;
    this.#symbols = socket.symbols;
    this.latencyMs = socket.get("rcvlatency");
    this.peerVersion = formatVersion(socket.get("peerversion"));
  }

  /** As of the last {@linkcode receiveInto} that returned {@linkcode NO_MESSAGE}; `ended` after {@linkcode close}. */
  get phase(): ConnectionPhase {
    return this.#phase;
  }

  /** Sequence number (31 bits) of the message that {@linkcode receiveInto} returned last. */
  get packetSequence(): number {
    return this.#messageControl[MSGCTRL_PKTSEQ_WORD] ?? 0;
  }

  /**
   * When the message that {@linkcode receiveInto} returned last was due, in us of libsrt's clock ({@linkcode clockUs}): the
   * arrival time according to its time stamp, plus the latency. Source: `SRT_MSGCTRL.srctime` (libsrt
   * `docs/API/API-functions.md`).
   */
  get packetDueUs(): number {
    const low = this.#messageControl[MSGCTRL_SRCTIME_WORD] ?? 0;
    return (this.#messageControl[MSGCTRL_SRCTIME_WORD + 1] ?? 0) * 2 ** 32 + (low >>> 0);
  }

  /** Returns the time of libsrt's clock, in us. The clock does not step; its epoch depends on the build. */
  clockUs(): number {
    return Number(this.#symbols.srt_time_now());
  }

  /** libsrt's socket ID of this connection: the destination of everything that the other side sends on it. */
  get socketId(): number {
    return this.#socket.id;
  }

  /**
   * Packets that libsrt held at the last call of {@linkcode statistics}: received, but not yet due or not yet fetched, including
   * those after gaps.
   */
  get waitingPackets(): number {
    return this.#waitingPackets;
  }

  /** Age of the connection in libsrt, in ms, as of the last {@linkcode statistics}. */
  get ageMs(): number {
    return this.#ageMs;
  }

  /** Number of ACKs sent to the other side, as of the last {@linkcode statistics}. */
  get sentAcks(): number {
    return this.#sentAcks;
  }

  /** Whether packets that were not retransmitted have ever arrived out of order, as of the last {@linkcode statistics}. */
  get isReordered(): boolean {
    return this.#isReordered;
  }

  /**
   * Receives one message, if one is due. Never waits.
   *
   * @param buffer Owned by the caller of this method; written from `offset` on, during the call only. At least
   * {@linkcode MAX_MESSAGE_BYTES} must be left, because libsrt cuts a message that does not fit.
   * @returns Length of the message in bytes, which may be 0; {@linkcode NO_MESSAGE} if none is ready, after which
   * {@linkcode phase} is up to date.
   * @throws {RangeError} Less than {@linkcode MAX_MESSAGE_BYTES} left in the buffer.
   * @throws {SrtError} libsrt failed in an unexpected way.
   */
  receiveInto(buffer: Uint8Array<ArrayBuffer>, offset: number): number {
    if (buffer.length - offset < MAX_MESSAGE_BYTES) {
      throw new RangeError(
        `cannot receive at ${offset} of ${buffer.length} bytes: a message may have ${MAX_MESSAGE_BYTES}`,
      );
    }
    if (!this.#mayHaveMessage()) return NO_MESSAGE;
    this.#messageControl[MSGCTRL_PKTSEQ_WORD] = NO_SEQUENCE;
    const received = this.#symbols.srt_recvmsg2(
      this.#socket.id,
      buffer.subarray(offset),
      MAX_MESSAGE_BYTES,
      this.#messageControlPointer,
    );
    if (received >= 0) return received;
    // libsrt removes an empty message from its buffer, too, but reports that none is ready
    if (this.#messageControl[MSGCTRL_PKTSEQ_WORD] !== NO_SEQUENCE) return 0;
    this.#noMessage();
    return NO_MESSAGE;
  }

  /**
   * Whether a message is ready although the one that was received last was due more than 10 ms ago, or none was received yet.
   * After {@linkcode receiveInto} has received all messages, this usually means that libsrt has skipped a gap: it skips a gap
   * only once the message before the gap has been received.
   */
  get isBehind(): boolean {
    if (this.#phase !== "open" || this.clockUs() - this.packetDueUs <= BEHIND_US) return false;
    return ((this.#readOption(EVENT) ?? 0) & SRT_EPOLL_IN) !== 0;
  }

  /**
   * The connection's statistics now. libsrt has none after the end of the connection: then this method returns those that it
   * read last. Call it regularly (it takes a few microseconds), so that they are recent.
   *
   * @returns Null if the connection had ended before any were taken.
   */
  statistics(): ConnectionStatistics | null {
    // clear = 1: otherwise mbpsRecvRate would be the mean since the start.
    if (this.#symbols.srt_bistats(this.#socket.id, this.#statistics, 1, 1) !== SRT_ERROR) {
      const structure = new DataView(this.#statistics.buffer);
      this.#lastStatistics = decodeStatistics(structure, this.#lastStatistics);
      this.#waitingPackets = decodeWaitingPackets(structure);
      this.#ageMs = decodeAge(structure);
      this.#sentAcks = decodeSentAcks(structure);
      this.#isReordered ||= decodeReorderDistance(structure) > 0;
    }
    return this.#lastStatistics;
  }

  /**
   * Returns what has arrived so far; after the end, as of the last {@linkcode statistics}, or null. Does not begin a new interval
   * of {@linkcode statistics}.
   */
  arrivedPackets(): ArrivedPackets | null {
    const result = this.#symbols.srt_bistats(this.#socket.id, this.#statistics, 0, 1);
    if (result !== SRT_ERROR) return decodeArrivedPackets(new DataView(this.#statistics.buffer));
    const last = this.#lastStatistics;
    return last && { packets: last.pktRecvUniqueTotal, undecryptable: last.pktRcvUndecryptTotal };
  }

  /**
   * Sends SHUTDOWN to the other side and closes. What libsrt still holds is lost. Idempotent.
   *
   * A libsrt caller ignores a SHUTDOWN in the first 10 ms or so of its connection, and then notices the end only after 5 s.
   */
  close(): void {
    this.#phase = "ended";
    this.#socket.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Returns false if `srt_recvmsg2` would only report that nothing is ready. libsrt reports that with a C++ exception, which
   * costs 50 us in a program of this size. This check costs less than 1 us.
   */
  #mayHaveMessage(): boolean {
    const events = this.#readOption(EVENT);
    return events === null || (events & (SRT_EPOLL_IN | SRT_EPOLL_ERR)) !== 0;
  }

  /** Reads an int32 option of the socket; null once libsrt has removed it. */
  #readOption(option: number): number | null {
    this.#optionLength[0] = this.#optionValue.byteLength;
    const result = this.#symbols.srt_getsockflag(this.#socket.id, option, this.#optionValue, this.#optionLength);
    return result === SRT_ERROR ? null : this.#optionValue[0] ?? null;
  }

  /** Called in the same synchronous step as the `srt_recvmsg2` that failed. */
  #noMessage(): void {
    const code = lastSrtErrorCode(this.#symbols);
    switch (code) {
      case SRT_EASYNCRCV:
        return;
      case SRT_ECONNLOST:
      case SRT_ENOCONN:
      case SRT_EINVSOCK:
        this.#phase = (this.#readOption(RCVDATA) ?? 0) > 0 ? "draining" : "ended";
        return;
      default:
        throw lastSrtError(this.#symbols, "cannot receive a message");
    }
  }
}
