/**
 * The front door: from a stranger's datagram to a caller that may come in, without a process.
 *
 * The checks stand in the order of their cost; a stranger costs one socket for a few seconds at most.
 *
 * @module
 */

import { HandshakeSlots } from "../admission/handshake_slots.ts";
import { SecretCookie } from "../admission/secret_cookie.ts";
import type { Challenge, Reject } from "../admission/verdict.ts";
import { Epoll } from "../os/epoll.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { encodeSocketAddress } from "../os/socket_address.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { decodeHandshake, type Handshake, HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { encodeHsv4Rejection, encodeRejection, encodeShutdown } from "../packet/reply.ts";
import { callerKey } from "./caller_key.ts";
import type { Arrival, FirstLook } from "./datagram_sockets.ts";
import {
  linkLocalRefusal,
  MALFORMED_REASON,
  malformedRefusal,
  rendezvousRefusal,
  stallRefusal,
} from "./handshake_refusals.ts";
import { isLinkLocal } from "./local_addresses.ts";
import { PendingCaller } from "./pending_caller.ts";
import { Pressure } from "./pressure.ts";
import type { CallerAddresses, Refusal } from "./refusal.ts";
import { Threshold } from "./threshold.ts";

/** Longest wait for a CONCLUSION before slots are looked at again. */
const ROUND_MS = 100;
/** An HSv4 caller understands a rejection only with a SHUTDOWN behind it, about so many ms later. */
const HSV4_SHUTDOWN_MS = 5;

/** What the front door asks and tells. */
export interface FrontDoorHooks {
  /** Decides: null where the caller was let in (its socket is not needed here any more), or what it is told. Must not throw. */
  readonly onConclusion: (pending: PendingCaller, conclusion: Conclusion) => Promise<Reject | Challenge | null>;
  /** Sends a datagram from a listening socket. */
  readonly onStateless: (datagram: Uint8Array<ArrayBuffer>, addresses: CallerAddresses) => void;
  readonly onRefusal: (refusal: Refusal) => void;
  readonly onWarning: (text: string) => void;
  /** A clock in ms that never goes back. */
  readonly now: () => number;
}

/** Keeps the callers in their handshake. Owns their sockets until closed. */
export class FrontDoor {
  readonly #libc: Libc;
  readonly #hooks: FrontDoorHooks;
  readonly #slots = new HandshakeSlots();
  readonly #secret: SecretCookie;
  readonly #pressure: Pressure;
  readonly #threshold: Threshold;
  readonly #epoll: Epoll;
  readonly #pending = new Map<string, PendingCaller>();
  readonly #keys = new Map<number, string>();
  #watching: Promise<void> | null = null;
  #outOfSockets = false;
  #closed = false;

  constructor(libc: Libc, hooks: FrontDoorHooks) {
    this.#libc = libc;
    this.#hooks = hooks;
    this.#secret = new SecretCookie(crypto.getRandomValues(new Uint32Array(4)));
    this.#pressure = new Pressure(hooks.onWarning);
    this.#threshold = new Threshold({
      slots: this.#slots,
      secret: this.#secret,
      pressure: this.#pressure,
      now: hooks.now,
    });
    this.#epoll = new Epoll(libc);
  }

  /** The first look at a datagram that came to a listening socket. */
  look(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array): FirstLook {
    return this.#closed ? "drop" : this.#threshold.look(datagram, source);
  }

  /** Takes a datagram that passed {@linkcode look}. `arrival.bytes` are not kept, and may be changed. */
  receive({ bytes, caller, local }: Arrival): void {
    if (this.#closed) return;
    const handshake = decodeHandshake(bytes);
    if (handshake.kind === "malformed") return;
    if (handshake.type === HANDSHAKE_TYPE.WAVEAHAND) return this.#hooks.onRefusal(rendezvousRefusal({ caller, local }));
    const key = callerKey(caller);
    const nowMs = this.#hooks.now();
    const proven = handshake.type === HANDSHAKE_TYPE.CONCLUSION;
    const isRoom = proven || this.#slots.ask(caller.address, nowMs);
    if (isLinkLocal(caller.address)) return this.#hooks.onRefusal(linkLocalRefusal({ caller, local }));
    // its connected socket gets the next one; this one was under way before the socket stood
    if (this.#pending.has(key)) return;
    if (!isRoom) {
      const answer = this.#threshold.challenge(bytes, encodeSocketAddress(this.#libc, caller));
      return this.#hooks.onStateless(answer, { caller, local });
    }
    if (!this.#slots.take(key, { address: caller.address, nowMs, proven })) return;
    this.#open(key, { addresses: { caller, local }, handshake, proven });
  }

  /** Says when a flood is over, and gives back to the system what it left free in memory. To be called now and then. */
  lookAround(): void {
    if (this.#pressure.look(this.#hooks.now())) this.#libc.symbols.malloc_trim(0n);
  }

  /** Lets go of all pending callers. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const key of [...this.#pending.keys()]) this.#letGo(key);
    await this.#watching;
    this.#epoll.close();
  }

  /** Makes the caller socket and answers from it with the cookie that a child will expect. */
  #open(
    key: string,
    { addresses, handshake, proven }: {
      readonly addresses: CallerAddresses;
      readonly handshake: Handshake;
      readonly proven: boolean;
    },
  ): void {
    try {
      const pending = new PendingCaller(this.#libc, addresses, { proven });
      this.#pending.set(key, pending);
      this.#keys.set(pending.socket.descriptor, key);
      this.#epoll.add(pending.socket.descriptor);
      pending.answer(handshake);
      this.#outOfSockets = false;
      this.#watching ??= this.#watch();
    } catch (error) {
      this.#fail(key, error);
    }
  }

  /** What the kernel refused costs this caller its slot. */
  #fail(key: string, error: unknown): void {
    if (!(error instanceof OsError)) throw error;
    this.#letGo(key);
    if (!this.#outOfSockets) this.#hooks.onWarning(`${error.message}; its caller has to try again`);
    this.#outOfSockets = true;
  }

  async #watch(): Promise<void> {
    while (this.#pending.size > 0) {
      for (const descriptor of await this.#epoll.wait(ROUND_MS)) {
        const key = this.#keys.get(descriptor);
        const pending = key === undefined ? undefined : this.#pending.get(key);
        if (key !== undefined && pending !== undefined) this.#look(key, pending);
      }
      for (const key of this.#slots.expired(this.#hooks.now())) this.#giveUp(key);
    }
    this.#watching = null;
  }

  #look(key: string, pending: PendingCaller): void {
    const look = pending.look();
    switch (look.kind) {
      case "waiting":
        return;
      case "gone":
        return this.#letGo(key);
      case "malformed":
        pending.socket.send(encodeRejection(look.handshake, MALFORMED_REASON));
        return this.#hooks.onRefusal(malformedRefusal(pending, look.text));
      case "conclusion":
        this.#epoll.remove(pending.socket.descriptor); // quiet while it is judged
        this.#judge(key, pending, look.conclusion).catch((error) => this.#fail(key, error));
        return;
      default:
        look satisfies never;
    }
  }

  async #judge(key: string, pending: PendingCaller, conclusion: Conclusion): Promise<void> {
    const answer = await this.#hooks.onConclusion(pending, conclusion);
    if (this.#pending.get(key) !== pending) return; // its slot was over meanwhile, and may be another handshake's now
    if (answer === null) return this.#letGo(key);
    const { caller, local } = pending;
    if (answer.kind === "challenge") {
      const nowMs = this.#hooks.now();
      this.#pressure.note(nowMs);
      pending.challenge(conclusion.handshake, this.#secret.make(encodeSocketAddress(this.#libc, caller), nowMs));
      return this.#epoll.add(pending.socket.descriptor);
    }
    this.#sendRejection(pending, { conclusion, reason: answer.reason });
    this.#epoll.add(pending.socket.descriptor);
    this.#hooks.onRefusal({ caller, local, conclusion, ...answer });
  }

  #sendRejection(
    pending: PendingCaller,
    { conclusion: { handshake, hsVersion }, reason }: { readonly conclusion: Conclusion; readonly reason: number },
  ): void {
    if (hsVersion === 5) return pending.reject(encodeRejection(handshake, reason));
    pending.reject(encodeHsv4Rejection(handshake));
    setTimeout(() => pending.socket.send(encodeShutdown(handshake.socketId)), HSV4_SHUTDOWN_MS);
  }

  /** The time of its slot is over. A caller that cannot get through is told to the operator: nobody else sees it. */
  #giveUp(key: string): void {
    const pending = this.#pending.get(key);
    const stall = pending?.stall ?? null;
    this.#letGo(key);
    if (pending === undefined || stall === null) return;
    this.#hooks.onRefusal(stallRefusal(pending, stall));
  }

  #letGo(key: string): void {
    const pending = this.#pending.get(key);
    this.#pending.delete(key);
    this.#slots.release(key);
    if (pending === undefined) return;
    this.#keys.delete(pending.socket.descriptor);
    pending.close();
  }
}
