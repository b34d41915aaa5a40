/**
 * The addresses of a host name: which one is called next, and why calls have failed.
 *
 * @module
 */

/** Maximum number of addresses whose calls are remembered. Our choice: more than a DNS response usually contains. */
const MAX_ADDRESSES = 64;

/** An address that was called. */
interface CalledAddress {
  readonly address: string;
  /** Why its last call has failed; null: it has not failed since the last session. */
  readonly cause: string | null;
}

/** The addresses of one host name, of which each call uses one. */
export class AddressTurns {
  /** In the order of their last calls. */
  #called: readonly CalledAddress[] = [];
  /** Whether the last call of the last called address led to a session with payload. */
  #hasServed = false;

  /**
   * Returns the address to call: the last one if its last call led to a session with payload, otherwise the one whose last call
   * is the longest ago. The order in which the system lists the addresses may change from one look-up to the next.
   */
  next(addresses: readonly [string, ...string[]]): string {
    const called = this.#called.map(({ address }) => address);
    const last = called.at(-1);
    if (this.#hasServed && last !== undefined && addresses.includes(last)) return last;
    const known = called.filter((address) => addresses.includes(address));
    return addresses.find((address) => !known.includes(address)) ?? known[0] ?? addresses[0];
  }

  /** Notes a call of an address. */
  noteCall(address: string): void {
    const before = this.#called.find((other) => other.address === address);
    this.#setLast({ address, cause: before?.cause ?? null });
    this.#hasServed = false;
  }

  /** Notes the end of a session. `hasServed`: whether it had payload. */
  noteSession(address: string, { hasServed }: { readonly hasServed: boolean }): void {
    this.#called = this.#called.map((other) => ({ ...other, cause: null }));
    this.#setLast({ address, cause: null });
    this.#hasServed = hasServed;
  }

  /**
   * Notes why the last call has failed, or was not made.
   *
   * @returns Whether this cause is new: it differs from the last cause of every address. If two addresses fail in turn, each for a
   * cause of its own, each cause is new only once.
   */
  noteFailure(cause: string): boolean {
    const isNews = this.#called.every((other) => other.cause !== cause);
    this.#setLast({ address: this.#called.at(-1)?.address ?? "", cause });
    return isNews;
  }

  #setLast(called: CalledAddress): void {
    this.#called = [...this.#called.filter(({ address }) => address !== called.address), called].slice(-MAX_ADDRESSES);
  }
}
