/**
 * An address and a port as they stand in a URI.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";

/** Formats `endpoint` as `192.0.2.7:9000` or `[::1]:9000`. */
export function formatEndpoint({ address, port }: Endpoint): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
