/**
 * Resolves a host name to a numeric address with the system's resolver (/etc/hosts, then DNS).
 *
 * @module
 */

import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import process from "node:process";

import { ProblemError, systemProblem } from "../report/problem.ts";

/** The host name cannot be resolved. */
export class HostError extends ProblemError {
  override readonly name = "HostError";
}

/** Resolves `host` to the system's first address; a numeric address is returned as it is. @throws {HostError} */
export async function resolveHost(host: string): Promise<string> {
  const [address] = await resolveAll(host);
  return address;
}

/**
 * Resolves `host` to all of its addresses, IPv4 and IPv6, in the order of the system.
 *
 * @throws {HostError}
 */
export async function resolveAll(host: string): Promise<readonly [string, ...string[]]> {
  if (isIP(host) !== 0) return [host];
  // Deno's lookup loads its deprecated punycode module, and the warning about that means nothing to a user
  Object.assign(process, { noDeprecation: true });
  try {
    const [first, ...others] = await lookup(host, { all: true });
    if (first === undefined) throw new Error("it has no address");
    return [first.address, ...others.map(({ address }) => address)];
  } catch (cause) {
    throw new HostError(`cannot find the address of ${JSON.stringify(host)}: ${lookupProblem(cause)}`, {
      hint: "check the spelling and the DNS of this machine, or write the numeric address",
      cause,
    });
  }
}

/** Describes why the system found no address, without the function name and the error code of the system's message. */
function lookupProblem(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  if (code === "ENOTFOUND") return "there is no such host";
  if (code === "EAI_AGAIN") return "the name server does not answer";
  return systemProblem(cause);
}
