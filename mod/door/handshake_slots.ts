/**
 * Bounds the callers that are in their handshake: how many there are, in total and from each address; for how long; and how many
 * begin in a second.
 *
 * A slot costs a socket. Without a flood, the first cookie that a caller gets is the one that libsrt will expect. Any program can
 * compute it, so it proves no return path, and unproven callers share a bounded number of slots. Callers that returned a secret
 * cookie have slots of their own, which forged addresses cannot take.
 *
 * @module
 */

import { ArrivalRate } from "./arrival_rate.ts";

/** Bounds of the handshake slots. */
export interface HandshakeLimits {
  /** Slots for unproven callers. */
  readonly slots: number;
  /** Of those, slots for one address. */
  readonly slotsPerAddress: number;
  /** Additional slots for callers that returned a secret cookie. */
  readonly provenSlots: number;
  /** Of those, slots for one address. */
  readonly provenSlotsPerAddress: number;
  /** Unproven callers in one second; further ones get no slot, because opening a socket costs time. */
  readonly unprovenPerSecond: number;
  /** Lifetime of a slot in ms. */
  readonly lifetimeMs: number;
  /** Lifetime of a slot in ms while more than half of the slots for unproven callers are taken. */
  readonly shortLifetimeMs: number;
}

/**
 * Our choice: a satellite round trip takes 600 ms and more, so a slot lasts three seconds; 512 sockets fit the usual limit of
 * 1024 descriptors.
 */
export const HANDSHAKE_LIMITS: HandshakeLimits = {
  slots: 512,
  slotsPerAddress: 256,
  provenSlots: 128,
  provenSlotsPerAddress: 64,
  unprovenPerSecond: 512,
  lifetimeMs: 3000,
  shortLifetimeMs: 1000,
};

interface Slot {
  /** Null if its address is a relay's, whose share is not counted. */
  readonly address: string | null;
  readonly sinceMs: number;
  readonly pool: SlotPool;
  /** Its caller's request is being decided: the slot does not expire. */
  held: boolean;
}

/** Keeps the slots. Knows addresses and times only; the door owns the sockets. */
export class HandshakeSlots {
  readonly #limits: HandshakeLimits;
  readonly #slots = new Map<string, Slot>();
  readonly #unproven: SlotPool;
  readonly #proven: SlotPool;
  readonly #rate: ArrivalRate;

  constructor(limits: HandshakeLimits = HANDSHAKE_LIMITS) {
    this.#limits = limits;
    this.#unproven = new SlotPool(limits.slots, limits.slotsPerAddress);
    this.#proven = new SlotPool(limits.provenSlots, limits.provenSlotsPerAddress);
    this.#rate = new ArrivalRate(limits.unprovenPerSecond);
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#slots.size;
  }

  /** Counts an unproven caller and reports whether it may take a slot. `address`: null for a relay's. */
  arrive(address: string | null, nowMs: number): boolean {
    return this.#rate.arrive(nowMs) && this.#unproven.hasRoom(address);
  }

  /**
   * Reports whether handshakes are arriving faster than slots may be taken; if so, counts one. While they are, only callers with
   * a secret cookie get a slot.
   */
  arriveInFlood(nowMs: number): boolean {
    return this.#rate.arriveInExcess(nowMs);
  }

  /** Takes a slot for `key` (address and port). False if none is left. */
  take(
    key: string,
    { address, nowMs, proven = false }: {
      /** Null for a relay's. */
      readonly address: string | null;
      readonly nowMs: number;
      /** The caller returned a secret cookie. */
      readonly proven?: boolean;
    },
  ): boolean {
    const pool = proven ? this.#proven : this.#unproven;
    if (!pool.hasRoom(address)) return false;
    pool.take(address);
    this.#slots.set(key, { address, sinceMs: nowMs, pool, held: false });
    return true;
  }

  /** Restarts the time of a slot if its caller has called again, at `calledMs`. */
  renew(key: string, calledMs: number): void {
    const slot = this.#slots.get(key);
    if (slot === undefined || calledMs <= slot.sinceMs) return;
    this.#slots.delete(key); // the order of the slots is that of their times
    this.#slots.set(key, { ...slot, sinceMs: calledMs });
  }

  /** Sets whether a slot is held: a held slot does not expire. */
  hold(key: string, held: boolean): void {
    const slot = this.#slots.get(key);
    if (slot !== undefined) slot.held = held;
  }

  /** Frees a slot. Does nothing if it is not taken. */
  release(key: string): void {
    const slot = this.#slots.get(key);
    this.#slots.delete(key);
    slot?.pool.release(slot.address);
  }

  /**
   * Keys of the slots whose time has passed and that are not held, oldest first. The door closes their sockets and frees them.
   */
  expired(nowMs: number): readonly string[] {
    const { slots, lifetimeMs, shortLifetimeMs } = this.#limits;
    const lifeMs = this.#unproven.taken * 2 > slots ? shortLifetimeMs : lifetimeMs;
    const keys: string[] = [];
    for (const [key, { sinceMs, held }] of this.#slots) { // in the order of their times
      if (nowMs - sinceMs < lifeMs) break;
      if (!held) keys.push(key);
    }
    return keys;
  }
}

/** A number of slots of one kind, with a share for each address. */
class SlotPool {
  readonly #slots: number;
  readonly #slotsPerAddress: number;
  readonly #perAddress = new Map<string, number>();
  #taken = 0;

  constructor(slots: number, slotsPerAddress: number) {
    this.#slots = slots;
    this.#slotsPerAddress = slotsPerAddress;
  }

  get taken(): number {
    return this.#taken;
  }

  hasRoom(address: string | null): boolean {
    return this.#taken < this.#slots && (address === null || this.#of(address) < this.#slotsPerAddress);
  }

  take(address: string | null): void {
    this.#taken += 1;
    if (address === null) return;
    this.#perAddress.set(address, this.#of(address) + 1);
  }

  release(address: string | null): void {
    this.#taken -= 1;
    if (address === null) return;
    const left = this.#of(address) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }

  #of(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }
}
