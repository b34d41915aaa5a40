/**
 * The numeric address behind a host name, as the system's resolver gives it (/etc/hosts, then DNS).
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";

/** The name has no address. */
export class HostError extends Error {
  override readonly name = "HostError";
}

/**
 * Resolves `host`; a numeric address is returned as it is. Of several the system's first is taken.
 *
 * @throws {HostError}
 */
export async function resolveHost(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  try {
    return (await lookup(host)).address;
  } catch (cause) {
    throw new HostError(
      `cannot find the address of ${JSON.stringify(host)}: ${
        cause instanceof Error ? cause.message : String(cause)
      }\n` +
        "Look at its spelling and at this machine's DNS, or write its numeric address.",
      { cause },
    );
  }
}
