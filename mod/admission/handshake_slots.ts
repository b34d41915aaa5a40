/**
 * Who may hold one of the handshake slots: callers that got an INDUCTION response and have not sent their CONCLUSION yet.
 *
 * A slot costs a socket and nothing else. The predicted cookie proves no return path, so slots are bounded in number, for each
 * address and in time; half full, each lasts only as long as a near caller needs.
 *
 * Called by: the listener, for each INDUCTION and each round of its loop.
 * Fails: never; says no.
 *
 * @module
 */

/** Bounds of the handshake slots. */
export interface HandshakeLimits {
  /** Slots in total. */
  readonly slots: number;
  /** Slots beyond those, for callers that have proven their return path. */
  readonly provenSlots: number;
  /** Slots for one address. */
  readonly slotsPerAddress: number;
  /** Slots given to callers that have proven nothing, in one second: a slot that is free again at once costs a socket too. */
  readonly slotsPerSecond: number;
  /** Life of a slot at rest in ms. */
  readonly restMs: number;
  /** Life of a slot in ms while more than half of them are taken. */
  readonly pressureMs: number;
}

/**
 * Our choice: a satellite round trip is 600 ms and more, so a slot lasts three seconds at rest; 512 sockets fit the usual limit
 * of 1024 descriptors.
 */
export const HANDSHAKE_LIMITS: HandshakeLimits = {
  slots: 512,
  provenSlots: 128,
  slotsPerAddress: 256,
  slotsPerSecond: 512,
  restMs: 3000,
  pressureMs: 1000,
};

/** Keeps the handshake slots. Knows addresses and times only; the sockets are the listener's. */
export class HandshakeSlots {
  readonly #limits: HandshakeLimits;
  readonly #taken = new Map<
    string,
    { readonly address: string; readonly sinceMs: number; readonly proven: boolean }
  >();
  #proven = 0;
  #secondMs = 0;
  #takenInSecond = 0;
  readonly #perAddress = new Map<string, number>();

  constructor(limits: HandshakeLimits = HANDSHAKE_LIMITS) {
    this.#limits = limits;
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#taken.size;
  }

  /** Whether a caller of this address that has proven nothing would get a slot now. */
  hasRoom(address: string, nowMs: number): boolean {
    const { slots, slotsPerAddress, slotsPerSecond } = this.#limits;
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#takenInSecond = 0;
    }
    return this.#takenInSecond < slotsPerSecond && this.#taken.size - this.#proven < slots &&
      (this.#perAddress.get(address) ?? 0) < slotsPerAddress;
  }

  /** Takes a slot for `key` (address and port). False where the bounds do not allow it. */
  take(
    key: string,
    { address, nowMs, proven = false }: {
      readonly address: string;
      readonly nowMs: number;
      /** It brought back a secret cookie. */
      readonly proven?: boolean;
    },
  ): boolean {
    // forged callers can take all slots of an address, and must not keep the one who is really there out
    if (proven ? this.#proven >= this.#limits.provenSlots : !this.hasRoom(address, nowMs)) return false;
    this.#taken.set(key, { address, sinceMs: nowMs, proven });
    this.#perAddress.set(address, (this.#perAddress.get(address) ?? 0) + 1);
    if (proven) this.#proven += 1;
    else this.#takenInSecond += 1;
    return true;
  }

  /** Gives a slot back. Nothing happens where it is not taken. */
  release(key: string): void {
    const slot = this.#taken.get(key);
    if (slot === undefined) return;
    this.#taken.delete(key);
    if (slot.proven) this.#proven -= 1;
    const left = (this.#perAddress.get(slot.address) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(slot.address);
    else this.#perAddress.set(slot.address, left);
  }

  /** Keys whose time is over; the listener closes their sockets and releases them. */
  expired(nowMs: number): readonly string[] {
    const { slots, restMs, pressureMs } = this.#limits;
    const lifeMs = this.#taken.size * 2 > slots ? pressureMs : restMs;
    const keys: string[] = [];
    for (const [key, { sinceMs }] of this.#taken) { // oldest first, as taken
      if (nowMs - sinceMs < lifeMs) break;
      keys.push(key);
    }
    return keys;
  }
}
