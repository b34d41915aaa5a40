/**
 * Determines the local addresses to listen on.
 *
 * A socket that is bound to a wildcard cannot report which address was called, and its answers would have the wrong source. So a
 * wildcard stands for one socket per local address.
 *
 * @module
 */

/** Which addresses to listen on, as the operator set it. */
export type ListenScope =
  | { readonly kind: "every" }
  | { readonly kind: "every-ipv4" }
  | { readonly kind: "every-ipv6" }
  | { readonly kind: "one"; readonly address: string }
  /** No address: this program accepts no callers, but calls listeners (`record`). `number`: that of its control socket. */
  | { readonly kind: "none"; readonly number: number };

/** The fields of `Deno.NetworkInterfaceInfo` that are used here. */
export interface LocalInterface {
  readonly family: "IPv4" | "IPv6";
  readonly address: string;
}

/**
 * Link-local IPv6 (RFC 4291, 2.5.6). The hand-off does not support it, because libsrt's cookie depends on the interface too, so
 * that it cannot be predicted (`packet/cookie.ts`).
 */
const LINK_LOCAL = /^fe[89ab]/i;

/** Reports whether an address is link-local, such as `fe80::1`. */
export function isLinkLocal(address: string): boolean {
  return LINK_LOCAL.test(address);
}

/**
 * Lists the addresses of a scope, each once, in the order of the system. Link-local IPv6 addresses are left out, unless the scope
 * is one address.
 */
export function localAddresses(scope: ListenScope, interfaces: readonly LocalInterface[]): readonly string[] {
  if (scope.kind === "one") return [scope.address];
  if (scope.kind === "none") return [];
  const wanted = interfaces.filter(({ family, address }) => {
    if (isLinkLocal(address)) return false;
    return scope.kind === "every" || family === (scope.kind === "every-ipv4" ? "IPv4" : "IPv6");
  });
  return [...new Set(wanted.map(({ address }) => address))];
}
