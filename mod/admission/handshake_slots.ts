/**
 * Who may hold one of the handshake slots: callers that got an INDUCTION response and have not sent their CONCLUSION yet.
 *
 * A slot costs a socket and nothing else. The predicted cookie proves no return path, so the slots of strangers are bounded in
 * number, for each address, in time and in rate; half full, each lasts only as long as a near caller needs. Callers that brought
 * back a secret cookie have slots of their own, which no forged address can take.
 *
 * @module
 */

import { ArrivalRate } from "./arrival_rate.ts";
import { SlotPool } from "./slot_pool.ts";

/** Bounds of the handshake slots. */
export interface HandshakeLimits {
  /** Slots for strangers: callers that have proven nothing. */
  readonly slots: number;
  /** Slots of those for one address. */
  readonly slotsPerAddress: number;
  /** Slots beyond those, for callers that have proven their return path. */
  readonly provenSlots: number;
  /** Slots of those for one address. */
  readonly provenSlotsPerAddress: number;
  /** Strangers in one second, above which none gets a slot: one that is free again at once costs a socket too. */
  readonly strangersPerSecond: number;
  /** Life of a slot at rest in ms. */
  readonly restMs: number;
  /** Life of a slot in ms while more than half of the strangers' are taken. */
  readonly pressureMs: number;
}

/**
 * Our choice: a satellite round trip is 600 ms and more, so a slot lasts three seconds at rest; 512 sockets fit the usual limit
 * of 1024 descriptors.
 */
export const HANDSHAKE_LIMITS: HandshakeLimits = {
  slots: 512,
  slotsPerAddress: 256,
  provenSlots: 128,
  provenSlotsPerAddress: 64,
  strangersPerSecond: 512,
  restMs: 3000,
  pressureMs: 1000,
};

/** One that is taken. */
interface Slot {
  readonly address: string;
  readonly sinceMs: number;
  /** Which slots it is one of. */
  readonly pool: SlotPool;
}

/** Keeps the handshake slots. Knows addresses and times only; the sockets are the listener's. */
export class HandshakeSlots {
  readonly #limits: HandshakeLimits;
  readonly #slots = new Map<string, Slot>();
  readonly #strangers: SlotPool;
  readonly #proven: SlotPool;
  readonly #rate: ArrivalRate;

  constructor(limits: HandshakeLimits = HANDSHAKE_LIMITS) {
    this.#limits = limits;
    this.#strangers = new SlotPool(limits.slots, limits.slotsPerAddress);
    this.#proven = new SlotPool(limits.provenSlots, limits.provenSlotsPerAddress);
    this.#rate = new ArrivalRate(limits.strangersPerSecond);
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#slots.size;
  }

  /** A stranger has come: whether it may take a slot. To be asked once for each. */
  ask(address: string, nowMs: number): boolean {
    return this.#rate.arrive(nowMs) && this.#strangers.hasRoom(address);
  }

  /** In a rush nobody who has proven nothing gets a slot: whether it is one. Then one more has come, and is not to be asked for. */
  askInRush(nowMs: number): boolean {
    return this.#rate.arriveInRush(nowMs);
  }

  /** Takes a slot for `key` (address and port). False where none is left. */
  take(
    key: string,
    { address, nowMs, proven = false }: {
      readonly address: string;
      readonly nowMs: number;
      /** It brought back a secret cookie. */
      readonly proven?: boolean;
    },
  ): boolean {
    const pool = proven ? this.#proven : this.#strangers;
    if (!pool.hasRoom(address)) return false;
    pool.take(address);
    this.#slots.set(key, { address, sinceMs: nowMs, pool });
    return true;
  }

  /** Gives a slot back. Nothing happens where it is not taken. */
  release(key: string): void {
    const slot = this.#slots.get(key);
    this.#slots.delete(key);
    slot?.pool.release(slot.address);
  }

  /** Keys whose time is over; the listener closes their sockets and releases them. */
  expired(nowMs: number): readonly string[] {
    const { slots, restMs, pressureMs } = this.#limits;
    const lifeMs = this.#strangers.taken * 2 > slots ? pressureMs : restMs;
    const keys: string[] = [];
    for (const [key, { sinceMs }] of this.#slots) { // oldest first, as taken
      if (nowMs - sinceMs < lifeMs) break;
      keys.push(key);
    }
    return keys;
  }
}
