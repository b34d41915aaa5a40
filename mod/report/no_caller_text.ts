/**
 * Hints for a listener that no caller has reached: its addresses, and what may block the way to them.
 *
 * @module
 */

import type { ListeningEvent } from "../vocabulary/events.ts";
import { formatEndpoint } from "./format_endpoint.ts";

/** More addresses than this are counted, not listed. Our choice. */
const MAX_LISTED = 6;

/** Makes one hint a line, without an end of line after the last. */
export function noCallerText({ addresses, port }: ListeningEvent): string {
  const foreign = addresses.filter(({ address }) => !isLoopback(address));
  const reachable = foreign.length > 0 ? foreign : addresses;
  const uris = reachable.slice(0, MAX_LISTED).map((endpoint) => `srt://${formatEndpoint(endpoint)}`).join(", ");
  const more = reachable.length - MAX_LISTED;
  const lines = [`callers reach this listener at ${uris}${more > 0 ? ` and ${more} more` : ""}`];
  if (foreign.length === 0) {
    lines.push("only callers on this machine can reach it: to receive from others, listen on an address such as :9000");
    lines.push(`check that the caller uses mode=caller and port ${port}`);
    return lines.join("\n");
  }
  lines.push(
    `no SRT handshake has arrived: a firewall may block UDP port ${port} (sudo ufw allow ${port}/udp, ` +
      `or sudo firewall-cmd --add-port=${port}/udp)`,
  );
  lines.push(`for callers outside this network, a router has to forward UDP port ${port} to this machine`);
  if (addresses.length > foreign.length) {
    lines.push("try a caller on this machine: if that one gets in, the cause is in the network");
  }
  return lines.join("\n");
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
