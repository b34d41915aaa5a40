/**
 * A network namespace for one test. Its loopback interface has the addresses that the test gives.
 *
 * @module
 */

/** Held by `using`. */
export class NetworkNamespace implements Disposable {
  readonly #name = `srt-splitter-${crypto.randomUUID().slice(0, 8)}`;

  /** @param addresses IPv4 and IPv6 addresses besides 127.0.0.1 and ::1. */
  constructor(addresses: readonly string[] = []) {
    ip(["netns", "add", this.#name]);
    try {
      ip(["-n", this.#name, "link", "set", "lo", "up"]);
      for (const address of addresses) this.addAddress(address);
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Adds an address; it can be used when this returns. */
  addAddress(address: string): void {
    // without duplicate address detection, which would take a second
    ip(["-n", this.#name, "address", "add", address, "dev", "lo", ...(address.includes(":") ? ["nodad"] : [])]);
  }

  /** Limits the ports from which the kernel chooses. */
  limitPorts(first: number, last: number): void {
    ip(["netns", "exec", this.#name, "sysctl", "-qw", `net.ipv4.ip_local_port_range=${first} ${last}`]);
  }

  /** Removes an address. */
  removeAddress(address: string): void {
    ip(["-n", this.#name, "address", "del", address, "dev", "lo"]);
  }

  /** Command that starts a program inside. */
  get command(): readonly string[] {
    return ["ip", "netns", "exec", this.#name];
  }

  [Symbol.dispose](): void {
    ip(["netns", "delete", this.#name]);
  }
}

function ip(args: string[]): void {
  const { success, stderr } = new Deno.Command("ip", { args }).outputSync();
  if (!success) throw new Error(`cannot run ip ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
