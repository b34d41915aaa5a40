/**
 * A number of slots of one kind, with a share for each address.
 *
 * @module
 */

/** Counts slots. */
export class SlotPool {
  readonly #slots: number;
  readonly #slotsPerAddress: number;
  readonly #perAddress = new Map<string, number>();
  #taken = 0;

  constructor(slots: number, slotsPerAddress: number) {
    this.#slots = slots;
    this.#slotsPerAddress = slotsPerAddress;
  }

  /** Slots taken now. */
  get taken(): number {
    return this.#taken;
  }

  /** Whether one is left for this address. */
  hasRoom(address: string): boolean {
    return this.#taken < this.#slots && this.#of(address) < this.#slotsPerAddress;
  }

  /** Takes one; only where there is room. */
  take(address: string): void {
    this.#taken += 1;
    this.#perAddress.set(address, this.#of(address) + 1);
  }

  /** Gives one back that was taken. */
  release(address: string): void {
    this.#taken -= 1;
    const left = this.#of(address) - 1;
    if (left === 0) this.#perAddress.delete(address);
    else this.#perAddress.set(address, left);
  }

  #of(address: string): number {
    return this.#perAddress.get(address) ?? 0;
  }
}
