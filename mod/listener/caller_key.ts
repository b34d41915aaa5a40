/**
 * What a caller is known by while it is here.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";

/** Address and port as one key; never the socket ID, which some callers share. */
export function callerKey({ address, port }: Endpoint): string {
  return `${address} ${port}`;
}
