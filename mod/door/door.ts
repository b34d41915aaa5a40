/**
 * The door: from a datagram to a {@linkcode CallerRequest}, without a process.
 *
 * The checks are in the order of their cost. A sender whose handshake does not continue costs one socket for a few seconds at
 * most.
 *
 * @module
 */

import type { CallAddresses } from "../os/caller_socket.ts";
import { Epoll } from "../os/epoll.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { decodeSocketAddress, encodeSocketAddress } from "../os/socket_address.ts";
import { type Conclusion, decodeConclusion } from "../packet/conclusion.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { classifyDatagram } from "../packet/header.ts";
import { isInductionResponse, isProbe, peekType } from "../packet/peek_handshake.ts";
import { encodeRejection, encodeShutdown } from "../packet/reply.ts";
import type { StreamId } from "../packet/stream_id.ts";
import { systemProblem } from "../report/problem.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { CallerRequest } from "./caller_request.ts";
import { DatagramScreen, type Screening } from "./datagram_screen.ts";
import { type Datagram, DatagramSockets, type DatagramSocketsOptions } from "./datagram_sockets.ts";
import type { EndedSession } from "./ended_callers.ts";
import { FloodReport } from "./flood_report.ts";
import { HandshakeSlots } from "./handshake_slots.ts";
import { isLinkLocal } from "./local_addresses.ts";
import type { FollowedSession } from "./moved_callers.ts";
import { PendingCaller } from "./pending_caller.ts";
import { keyOf, PendingCallers } from "./pending_callers.ts";
import {
  linkLocalRefusal,
  malformedRefusal,
  movedRefusal,
  type Refusal,
  type RefusedCaller,
  refusedCaller,
  rendezvousRefusal,
  sharedPortRefusal,
  stallRefusal,
  unreturnedRefusal,
} from "./refusal.ts";
import { SecretCookie } from "./secret_cookie.ts";
import { StrayPackets } from "./stray_packets.ts";

/** Longest wait for a datagram before expired slots are checked again. */
const ROUND_MS = 100;

/** What a door needs from outside. */
export interface DoorOptions
  extends Pick<DatagramSocketsOptions, "libc" | "scope" | "interfaces" | "replacedPid" | "findListener" | "onWarning"> {
  /** UDP port; 0 takes a free one. */
  readonly port: number;
  /** Called after a caller's handshake has begun: its CONCLUSION follows within a round trip. Must not throw. */
  readonly onExpected: () => void;
  /** Receives each caller whose CONCLUSION has arrived, and a second time once it has returned another cookie. Must not throw. */
  readonly onRequest: (request: CallerRequest) => void;
  /** Receives the callers that the door refuses, and those whose handshake did not continue, if the cause is known. */
  readonly onRefusal: (refusal: Refusal) => void;
  /** Key length in bytes that is proposed to callers now; 0 for none. */
  readonly keyLength: () => number;
  /** Reports whether an address is a relay's: the limit of slots for one address does not apply to it. */
  readonly isRelay: (address: string) => boolean;
  /** Parses a stream ID, and replaces a stream key with its name in the operator's table. */
  readonly identify: (streamId: string | null) => StreamId;
  /** A monotonic clock, in ms. */
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
  readonly #strays: StrayPackets;
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
      isIssued: (cookie) => this.#pending.isIssued(cookie),
      keyLength: options.keyLength,
      now,
    });
    this.#strays = new StrayPackets({
      send: (datagram, addresses) => this.#sockets.send(datagram, addresses),
      onRefusal: options.onRefusal,
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

  /** Remembers a session that has ended: further packets of its caller are answered with a SHUTDOWN. */
  shutDownIfHeard(session: EndedSession): void {
    this.#strays.remember(session);
  }

  /** Sends a SHUTDOWN to the caller of a session that has ended, now and whenever it still sends. */
  shutDown(session: EndedSession): void {
    this.shutDownIfHeard(session);
    this.#sockets.send(encodeShutdown(session.callerSocketId), session);
  }

  /** Follows a session, to recognize its caller if its port changes. `socketId`: libsrt's socket ID of the connection. */
  follow(socketId: number, session: FollowedSession): void {
    this.#strays.follow(socketId, session);
  }

  /** Stops following a session that has ended. */
  unfollow(socketId: number): void {
    this.#strays.unfollow(socketId);
  }

  /** Binds new addresses of the machine, closes lost ones, and reports the end of a flood. Call this every few seconds. */
  refresh(): void {
    this.#sockets.refresh();
    // frees the memory of a flood
    if (this.#flood.endIfCalm(this.#options.now())) this.#libc.symbols.malloc_trim(0n);
  }

  /** The number of callers in their handshake. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** Closes the listening sockets. Callers in their handshake continue. Do not call {@linkcode refresh} after that. */
  stopListening(): void {
    this.#sockets.close();
  }

  /** Closes all sockets; callers in their handshake no longer get an answer. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sockets.close();
    for (const key of this.#pending.keys) this.#remove(key);
    await this.#receiving;
    this.#epoll.close();
  }

  #screenDatagram(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array<ArrayBuffer>): Screening {
    if (this.#closed) return "drop";
    if (classifyDatagram(datagram) === "handshake") {
      return this.#isExpectedCall(datagram, source) ? "receive" : this.#screen.screen(datagram, source);
    }
    return this.#strays.isExpected(datagram) ? "receive" : "drop";
  }

  /**
   * Reports whether a handshake is an INDUCTION from the address of a caller that could not return a second cookie before. Such
   * an INDUCTION is received even in a flood.
   */
  #isExpectedCall(datagram: Uint8Array, source: Uint8Array<ArrayBuffer>): boolean {
    const nowMs = this.#options.now();
    const { mistaken } = this.#strays;
    if (mistaken.isEmpty(nowMs) || peekType(datagram) !== HANDSHAKE_TYPE.INDUCTION) return false;
    return !isInductionResponse(datagram) && !isProbe(datagram) &&
      mistaken.expects(decodeSocketAddress(this.#libc, source).address, nowMs);
  }

  #receive(datagram: Datagram): void {
    if (classifyDatagram(datagram.bytes) === "handshake") return this.#receiveHandshake(datagram.bytes, datagram);
    this.#strays.receive(datagram);
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
      if (this.#pending.isExpired(handshake.cookie >>> 0, key)) return this.#receiveLate(key, addresses, handshake);
      return this.#receiveMoved(handshake.cookie >>> 0, addresses);
    }
    const known = this.#pending.get(key);
    // what this call gets if an earlier one from its address could not return a second cookie
    const next = isConclusion || known !== undefined ? null : this.#strays.mistaken.take(caller.address, nowMs);
    const proven = isConclusion || next === "admit"; // this call or an earlier one has returned a secret cookie
    const share = this.#shareOf(addresses);
    const hasRoom = proven || this.#slots.arrive(share, nowMs);
    if (isLinkLocal(caller.address)) return onRefusal(linkLocalRefusal(addresses));
    // a datagram of a known caller arrived here before its socket was connected: later ones reach that socket
    if (known !== undefined) return proven ? undefined : this.#answerAgain(key, known, handshake);
    if (!hasRoom || next === "ask") {
      const source = encodeSocketAddress(this.#libc, caller);
      const answer = hasRoom ? this.#screen.answer(bytes, source) : this.#screen.challenge(bytes, source);
      return this.#sockets.send(answer, addresses);
    }
    if (!this.#slots.take(key, { address: share, nowMs, proven })) return;
    const conclusion = isConclusion ? decodeConclusion(bytes.slice()) : null;
    this.#open(key, {
      addresses,
      proven,
      begin: (pending) => {
        if (conclusion?.kind === "conclusion") pending.askForCookie(conclusion);
        else pending.answer(handshake);
      },
    });
  }

  /**
   * Makes a caller socket for the repeats of a CONCLUSION that arrives after the slot of its caller has expired, for example
   * because earlier copies of it were lost.
   */
  #receiveLate(key: string, addresses: CallAddresses, { socketId }: Handshake): void {
    const nowMs = this.#options.now();
    const address = this.#shareOf(addresses);
    if (this.#pending.get(key) !== undefined || !this.#slots.arrive(address, nowMs)) return;
    if (!this.#slots.take(key, { address, nowMs })) return;
    this.#open(key, { addresses, proven: false, begin: (pending) => pending.expect(socketId) });
  }

  /** Returns the address whose share of the slots a caller takes; null for a relay's. */
  #shareOf({ caller: { address } }: CallAddresses): string | null {
    return this.#options.isRelay(address) ? null : address;
  }

  #answerAgain(key: string, known: PendingCaller, handshake: Handshake): void {
    known.answer(handshake);
    this.#slots.renew(key, known.lastCallMs);
  }

  /** Reports a CONCLUSION with a cookie that was given to another port of the same address. */
  #receiveMoved(cookie: number, addresses: CallAddresses): void {
    const issued = this.#pending.issuedTo(cookie);
    if (issued === undefined || issued.address !== addresses.caller.address) return;
    this.#pending.forgetCookie(cookie); // so that repeats of the CONCLUSION are not reported
    this.#options.onRefusal(movedRefusal(addresses, issued.port));
  }

  /** Makes the caller socket. `begin` sends the first answer from it, if an answer is due. */
  #open(
    key: string,
    { addresses, proven, begin }: {
      readonly addresses: CallAddresses;
      readonly proven: boolean;
      readonly begin: (pending: PendingCaller) => void;
    },
  ): void {
    const { keyLength, now } = this.#options;
    this.#strays.forget(key);
    this.#runOrRemove(key, () => {
      const pending = new PendingCaller(this.#libc, addresses, { proven, keyLength: keyLength(), now });
      this.#pending.add(key, pending);
      this.#epoll.add(pending.socket.descriptor);
      begin(pending);
      this.#options.onExpected();
      this.#outOfSockets = false;
      this.#receiving ??= this.#receiveFromCallers();
    });
  }

  /** Runs `action` for a caller. If a system call in it fails, the caller loses its slot. */
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
        const refusal = sharedPortRefusal(this.#refusedCaller(pending, conclusion), "another caller");
        pending.reject(conclusion.handshake, encodeRejection(conclusion.handshake, refusal.reason));
        return this.#options.onRefusal(refusal);
      }
      case "mistaken": {
        const { conclusion } = received;
        this.#strays.answerMistaken(pending, this.#refusedCaller(pending, conclusion), conclusion);
        return this.#remove(key);
      }
      case "unreturned": {
        const { conclusion } = received;
        const refusal = unreturnedRefusal(this.#refusedCaller(pending, conclusion));
        this.#strays.expectNextCall(pending);
        pending.reject(conclusion.handshake, encodeRejection(conclusion.handshake, refusal.reason));
        return this.#options.onRefusal(refusal);
      }
      case "conclusion":
        return this.#request(key, pending, received);
      default:
        received satisfies never;
    }
  }

  /**
   * Passes a caller on as a {@linkcode CallerRequest}. Its CONCLUSION stays in the queue of the socket while the request waits.
   */
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
          // a caller with a wrong passphrase is reported by its refusal, not as a flood
          if (cause === "sessions") this.#flood.addChallenge(nowMs);
          return this.#secret.make(encodeSocketAddress(this.#libc, pending.caller), nowMs);
        },
        settle: (how) => {
          if (how === "close") return this.#remove(key);
          this.#slots.hold(key, false);
          this.#slots.renew(key, pending.lastCallMs);
          this.#runOrRemove(key, () => this.#epoll.add(pending.socket.descriptor));
        },
        startAgain: (induction) => {
          this.#remove(key);
          this.#receiveHandshake(induction, pending);
        },
      }),
    );
  }

  /** Removes a caller whose handshake did not continue, and reports it if the cause is known. */
  #expire(key: string): void {
    const pending = this.#pending.get(key);
    if (pending === undefined) return this.#slots.release(key);
    const { stall, asked } = pending;
    this.#slots.release(key);
    this.#pending.expire(key);
    if (stall !== null) this.#options.onRefusal(stallRefusal(pending, stall));
    if (asked !== null) this.#strays.rememberAsked(this.#refusedCaller(pending, asked), asked);
  }

  #refusedCaller(pending: PendingCaller, { streamId, srtVersion }: Conclusion): RefusedCaller {
    return refusedCaller(pending, this.#options.identify(streamId), srtVersion);
  }

  #remove(key: string): void {
    this.#slots.release(key);
    this.#pending.remove(key);
  }
}
