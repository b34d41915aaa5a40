/**
 * The URLs of the page of the web process.
 *
 * @module
 */

import type { WebAddress } from "../mod/cli/web_option.ts";
import { localAddresses, type LocalInterface } from "../mod/door/local_addresses.ts";
import { formatEndpoint } from "../mod/report/format.ts";
import type { Endpoint } from "../mod/vocabulary/schema.ts";

/** Returns the URL of a page. */
export function pageUrl(endpoint: Endpoint): string {
  return `http://${formatEndpoint(endpoint)}/`;
}

/**
 * Returns the URLs of the page on an address, those for other machines first; none for port 0, which stands for any port.
 *
 * @param interfaces The local addresses, for `::` and `0.0.0.0`
 */
export function pageUrls({ host, port }: WebAddress, interfaces: readonly LocalInterface[]): readonly string[] {
  if (port === 0) return [];
  const every = { "::": "every", "0.0.0.0": "every-ipv4" } as const;
  const scope = host === "::" || host === "0.0.0.0" ? { kind: every[host] } : { kind: "one", address: host } as const;
  const isLocal = (address: string) => address.startsWith("127.") || address === "::1";
  return localAddresses(scope, interfaces).toSorted((one, other) => Number(isLocal(one)) - Number(isLocal(other)))
    .map((address) => pageUrl({ address, port }));
}
