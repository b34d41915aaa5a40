/**
 * Which address of a host name is called next.
 *
 * @module
 */

/** Addresses of a host name whose calls are remembered. Our choice: more than one answer of a name server has. */
const MAX_ADDRESSES = 64;

/** The addresses of a host name, of which each call uses one. */
export class AddressTurns {
  /** In the order of their last calls. */
  #called: readonly string[] = [];
  /** Whether the last session of the last called address had payload. */
  #hasServed = false;

  /**
   * Returns the address to call: the last one if it has sent payload, otherwise the one whose last call is the longest ago. The order
   * in which the system lists the addresses may change from one look-up to the next.
   */
  next(addresses: readonly [string, ...string[]]): string {
    const last = this.#called.at(-1);
    if (this.#hasServed && last !== undefined && addresses.includes(last)) return last;
    const known = this.#called.filter((address) => addresses.includes(address));
    return addresses.find((address) => !known.includes(address)) ?? known[0] ?? addresses[0];
  }

  /** Notes a call of an address, or the end of its session. `hasServed`: whether the session had payload. */
  note(address: string, { hasServed }: { readonly hasServed: boolean }): void {
    this.#called = [...this.#called.filter((other) => other !== address), address].slice(-MAX_ADDRESSES);
    this.#hasServed = hasServed;
  }
}
