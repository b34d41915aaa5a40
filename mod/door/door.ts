/**
 * The door: from a datagram to a {@linkcode CallerRequest}, without a process.
 *
 * The checks are in the order of their cost. A stranger costs one socket for a few seconds at most.
 *
 * @module
 */

import type { CallAddresses } from "../os/caller_socket.ts";
import { Epoll } from "../os/epoll.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { encodeSocketAddress } from "../os/socket_address.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { classifyDatagram } from "../packet/header.ts";
import { encodeRejection, encodeShutdown } from "../packet/reply.ts";
import type { StreamId } from "../packet/stream_id.ts";
import { systemProblem } from "../report/problem.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { CallerRequest } from "./caller_request.ts";
import { DatagramScreen, type Screening } from "./datagram_screen.ts";
import { type Datagram, DatagramSockets, type DatagramSocketsOptions } from "./datagram_sockets.ts";
import { EndedCallers, type EndedSession } from "./ended_callers.ts";
import { FloodReport } from "./flood_report.ts";
import { HandshakeSlots } from "./handshake_slots.ts";
import { isLinkLocal } from "./local_addresses.ts";
import { type FollowedSession, MovedCallers } from "./moved_callers.ts";
import { PendingCaller } from "./pending_caller.ts";
import { keyOf, PendingCallers } from "./pending_callers.ts";
import {
  deafRefusal,
  linkLocalRefusal,
  malformedRefusal,
  movedRefusal,
  type Refusal,
  refusedCaller,
  rendezvousRefusal,
  sharedPortRefusal,
  stallRefusal,
} from "./refusal.ts";
import { SecretCookie } from "./secret_cookie.ts";

/** Longest wait for a datagram before expired slots are checked again. */
const ROUND_MS = 100;

/** What a door needs from outside. */
export interface DoorOptions extends Pick<DatagramSocketsOptions, "libc" | "scope" | "interfaces" | "onWarning"> {
  /** UDP port; 0 takes a free one. */
  readonly port: number;
  /** Receives each caller that has completed its handshake. Must not throw. */
  readonly onRequest: (request: CallerRequest) => void;
  /** Receives each caller that was refused or given up before it was a request. */
  readonly onRefusal: (refusal: Refusal) => void;
  /** Key length in bytes that is proposed to callers now; 0 for none. */
  readonly keyLength: () => number;
  /** Reads a stream ID as the operator's tables have it. */
  readonly identify: (streamId: string | null) => StreamId;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Owns the listening sockets and those of callers in their handshake until closed. */
export class Door {
  readonly #libc: Libc;
  readonly #options: DoorOptions;
  readonly #slots = new HandshakeSlots();
  readonly #secret = new SecretCookie(crypto.getRandomValues(new Uint32Array(4)));
  readonly #flood: FloodReport;
  readonly #screen: DatagramScreen;
  readonly #ended = new EndedCallers();
  readonly #moved = new MovedCallers();
  readonly #sockets: DatagramSockets;
  readonly #epoll: Epoll;
  readonly #pending = new PendingCallers();
  #receiving: Promise<void> | null = null;
  #outOfSockets = false;
  #closed = false;

  private constructor(options: DoorOptions) {
    const { libc, port, now, onWarning } = options;
    this.#libc = libc;
    this.#options = options;
    this.#flood = new FloodReport(onWarning);
    this.#screen = new DatagramScreen({
      slots: this.#slots,
      secret: this.#secret,
      flood: this.#flood,
      isIssued: (cookie) => this.#pending.issuedTo(cookie) !== undefined,
      keyLength: options.keyLength,
      now,
    });
    this.#epoll = new Epoll(libc);
    try {
      this.#sockets = DatagramSockets.bind(port, {
        ...options,
        screen: (datagram, source) => this.#screenDatagram(datagram, source),
        onDatagram: (datagram) => this.#receive(datagram),
      });
    } catch (error) {
      this.#epoll.close();
      throw error;
    }
  }

  /**
   * Binds the port. Requests arrive after this has returned.
   *
   * @throws {ListenError} The port or the address cannot be bound.
   */
  static open(options: DoorOptions): Door {
    return new Door(options);
  }

  /** The UDP port of all addresses. */
  get port(): number {
    return this.#sockets.port;
  }

  /** The addresses that are bound now. */
  get endpoints(): readonly Endpoint[] {
    return this.#sockets.endpoints;
  }

  /** Sends a datagram from a listening socket; it is lost if the kernel refuses it. */
  send(datagram: Uint8Array<ArrayBuffer>, addresses: CallAddresses): void {
    this.#sockets.send(datagram, addresses);
  }

  /** Answers whatever the caller of a session that is over still sends with a SHUTDOWN. */
  shutDownIfHeard(session: EndedSession): void {
    this.#ended.remember(keyOf(session.caller), session, this.#options.now());
  }

  /** Sends a SHUTDOWN to the caller of a session that is over, now and whenever it still sends. */
  shutDown(session: EndedSession): void {
    this.shutDownIfHeard(session);
    this.#sockets.send(encodeShutdown(session.callerSocketId), session);
  }

  /** Follows a session, to recognize its caller if its port changes. `socketId`: libsrt's socket ID of the connection. */
  follow(socketId: number, session: FollowedSession): void {
    this.#moved.follow(socketId, session);
  }

  /** Stops following a session, which is over. */
  forget(socketId: number): void {
    this.#moved.forget(socketId);
  }

  /** Follows the addresses of the machine and reports the end of a flood. Call this every few seconds. */
  refresh(): void {
    this.#sockets.refresh();
    // the memory of a flood goes back to the system
    if (this.#flood.endIfCalm(this.#options.now())) this.#libc.symbols.malloc_trim(0n);
  }

  /** Closes all sockets; callers in their handshake get no answer any more. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.close();
    for (const key of this.#pending.keys) this.#remove(key);
    await this.#receiving;
    this.#epoll.close();
  }

  /**
   * Payload at a listening socket is dropped, unless its caller has to learn that its session is over or its port has changed.
   */
  #screenDatagram(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array): Screening {
    if (this.#closed) return "drop";
    if (classifyDatagram(datagram) === "handshake") return this.#screen.screen(datagram, source);
    const isExpected = this.#moved.isFollowed(datagram) || this.#ended.mayKnow(datagram, this.#options.now());
    return isExpected ? "receive" : "drop";
  }

  #receive({ bytes, caller, local }: Datagram): void {
    if (classifyDatagram(bytes) === "handshake") return this.#receiveHandshake(bytes, { caller, local });
    const notice = this.#moved.noticeFor(bytes, caller);
    if (notice !== null) return this.#sockets.send(notice, { caller, local });
    const farewell = this.#ended.answer(bytes, keyOf(caller), this.#options.now());
    if (farewell === null) return;
    this.#sockets.send(farewell.shutdown, { caller, local });
    if (farewell.ignoredBy !== null) this.#options.onRefusal(deafRefusal({ ...farewell.ignoredBy, caller, local }));
  }

  #receiveHandshake(bytes: Uint8Array<ArrayBuffer>, addresses: CallAddresses): void {
    const { onRefusal, now } = this.#options;
    const { caller } = addresses;
    const handshake = decodeHandshake(bytes);
    if (handshake.kind === "malformed") return;
    if (handshake.type === HANDSHAKE_TYPE.WAVEAHAND) return onRefusal(rendezvousRefusal(addresses));
    const key = keyOf(caller);
    const nowMs = now();
    const isConclusion = handshake.type === HANDSHAKE_TYPE.CONCLUSION;
    if (isConclusion && !this.#secret.fits(handshake.cookie >>> 0, encodeSocketAddress(this.#libc, caller), nowMs)) {
      return this.#receiveMoved(handshake.cookie >>> 0, addresses);
    }
    const proven = isConclusion; // it has the secret cookie
    const isRoom = proven || this.#slots.arrive(caller.address, nowMs);
    if (isLinkLocal(caller.address)) return onRefusal(linkLocalRefusal(addresses));
    const known = this.#pending.get(key);
    // it was sent before the caller socket was connected, which receives all that follows
    if (known !== undefined) return proven ? undefined : this.#answerAgain(key, known, handshake);
    if (!isRoom) {
      const answer = this.#screen.challenge(bytes, encodeSocketAddress(this.#libc, caller));
      return this.#sockets.send(answer, addresses);
    }
    if (!this.#slots.take(key, { address: caller.address, nowMs, proven })) return;
    this.#open(key, { addresses, handshake, proven });
  }

  #answerAgain(key: string, known: PendingCaller, handshake: Handshake): void {
    known.answer(handshake);
    this.#slots.renew(key, known.lastCallMs);
  }

  /** A CONCLUSION with a cookie that was given to another port of the same address can only be reported. */
  #receiveMoved(cookie: number, addresses: CallAddresses): void {
    const issued = this.#pending.issuedTo(cookie);
    if (issued === undefined || issued.address !== addresses.caller.address) return;
    this.#pending.forgetCookie(cookie); // its repeats are not reported
    this.#options.onRefusal(movedRefusal(addresses, issued.port));
  }

  /** Makes the caller socket and answers from it with the cookie that a child's libsrt will expect. */
  #open(
    key: string,
    { addresses, handshake, proven }: {
      readonly addresses: CallAddresses;
      readonly handshake: Handshake;
      readonly proven: boolean;
    },
  ): void {
    const { keyLength, now } = this.#options;
    this.#ended.forget(key);
    this.#runOrRemove(key, () => {
      const pending = new PendingCaller(this.#libc, addresses, { proven, keyLength: keyLength(), now });
      this.#pending.add(key, pending);
      this.#epoll.add(pending.socket.descriptor);
      pending.answer(handshake);
      this.#outOfSockets = false;
      this.#receiving ??= this.#receiveFromCallers();
    });
  }

  /** Runs `action` for a caller; if the kernel refuses it, the caller loses its slot. */
  #runOrRemove(key: string, action: () => void): void {
    try {
      action();
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      this.#remove(key);
      if (!this.#outOfSockets) this.#options.onWarning(`${systemProblem(error)}; its caller has to call again`);
      this.#outOfSockets = true;
    }
  }

  async #receiveFromCallers(): Promise<void> {
    while (this.#pending.size > 0) {
      for (const descriptor of await this.#epoll.wait(ROUND_MS)) {
        const key = this.#pending.keyAt(descriptor);
        const pending = key === undefined ? undefined : this.#pending.get(key);
        if (key !== undefined && pending !== undefined) this.#receiveFrom(key, pending);
      }
      for (const key of this.#slots.expired(this.#options.now())) this.#expire(key);
    }
    this.#receiving = null;
  }

  #receiveFrom(key: string, pending: PendingCaller): void {
    const received = pending.read();
    this.#slots.renew(key, pending.lastCallMs);
    switch (received.kind) {
      case "nothing":
        return;
      case "unreachable":
        return this.#remove(key);
      case "malformed": {
        const refusal = malformedRefusal(pending, received.text);
        pending.socket.send(encodeRejection(received.handshake, refusal.reason));
        return this.#options.onRefusal(refusal);
      }
      case "stranger": {
        const { conclusion } = received;
        const refused = refusedCaller(pending, this.#options.identify(conclusion.streamId), conclusion.srtVersion);
        const refusal = sharedPortRefusal(refused, "another caller");
        pending.reject(conclusion.handshake, encodeRejection(conclusion.handshake, refusal.reason));
        return this.#options.onRefusal(refusal);
      }
      case "conclusion":
        return this.#request(key, pending, received);
      default:
        received satisfies never;
    }
  }

  /** The CONCLUSION stays in the queue until the request is answered. */
  #request(
    key: string,
    pending: PendingCaller,
    { conclusion, arrivalMs }: { readonly conclusion: Conclusion; readonly arrivalMs: number },
  ): void {
    this.#runOrRemove(key, () => this.#epoll.remove(pending.socket.descriptor));
    this.#slots.hold(key, true);
    this.#options.onRequest(
      new CallerRequest({
        pending,
        conclusion,
        streamId: this.#options.identify(conclusion.streamId),
        arrivalMs,
        isOpen: () => this.#pending.get(key) === pending,
        secretCookie: (cause) => {
          const nowMs = this.#options.now();
          // a caller with a wrong passphrase is not a flood: a refusal names it
          if (cause === "sessions") this.#flood.addChallenge(nowMs);
          return this.#secret.make(encodeSocketAddress(this.#libc, pending.caller), nowMs);
        },
        settle: (how) => {
          if (how === "close") return this.#remove(key);
          this.#slots.hold(key, false);
          this.#runOrRemove(key, () => this.#epoll.add(pending.socket.descriptor));
        },
        startAgain: (induction) => {
          this.#remove(key);
          this.#receiveHandshake(induction, pending);
        },
      }),
    );
  }

  /** Reports a caller whose handshake did not continue: only the door knows of it. */
  #expire(key: string): void {
    const pending = this.#pending.get(key);
    const stall = pending?.stall ?? null;
    this.#remove(key);
    if (pending !== undefined && stall !== null) this.#options.onRefusal(stallRefusal(pending, stall));
  }

  #remove(key: string): void {
    this.#slots.release(key);
    this.#pending.remove(key);
  }
}
