/**
 * Which local addresses to listen on.
 *
 * A socket bound to a wildcard cannot tell which address was called, and its answers would come from the wrong one; so a wildcard
 * means one socket for each local address.
 *
 * @module
 */

/** What the operator asked for. */
export type ListenScope =
  | { readonly kind: "every" }
  | { readonly kind: "every-ipv4" }
  | { readonly kind: "every-ipv6" }
  | { readonly kind: "one"; readonly address: string };

/** The part of `Deno.NetworkInterfaceInfo` that matters here. */
export interface LocalInterface {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
}

/** Link-local IPv6 (RFC 4291, 2.5.6): libsrt hashes the scope into its cookie, so callers there cannot be handed over. */
const LINK_LOCAL = /^fe[89ab]/i;

/** True for an address of one link only, such as `fe80::1`. */
export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.test(address);
}

/** Addresses of the scope, each once, in the order of the system. */
export function localAddresses(scope: ListenScope, interfaces: readonly LocalInterface[]): readonly string[] {
  if (scope.kind === "one") return [scope.address];
  const wanted = interfaces.filter(({ family, address }) => {
    if (isLinkLocal(address)) return false;
    return scope.kind === "every" || family === (scope.kind === "every-ipv4" ? "IPv4" : "IPv6");
  });
  return [...new Set(wanted.map(({ address }) => address))];
}
