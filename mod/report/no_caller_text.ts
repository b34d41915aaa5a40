/**
 * What to do when nobody calls: the addresses, and the firewall's likely part.
 *
 * @module
 */

import type { ListeningEvent } from "../vocabulary/events.ts";
import { formatEndpoint } from "./format_endpoint.ts";

/** More addresses than this are counted, not listed. Our choice. */
const MOST_LISTED = 6;

/** Makes the text: one line that names where callers may call, and one for each thing to look at. */
export function noCallerText({ addresses, port }: ListeningEvent): string {
  const foreign = addresses.filter(({ address }) => !isLoopback(address));
  const listed = (foreign.length > 0 ? foreign : addresses).slice(0, MOST_LISTED);
  const more = (foreign.length > 0 ? foreign : addresses).length - listed.length;
  const uris = listed.map((endpoint) => `srt://${formatEndpoint(endpoint)}`).join(", ");
  const lines = [`callers reach this at ${uris}${more > 0 ? ` and ${more} more` : ""}`];
  if (foreign.length === 0) {
    lines.push("only callers on this machine can come: to hear others, listen on another address, such as :9000");
    lines.push(`is the caller in mode=caller, and calls it port ${port}?`);
    return lines.join("\n");
  }
  lines.push(
    `nothing that came was an SRT caller, so a firewall may keep UDP port ${port} closed (sudo ufw allow ${port}/udp, ` +
      `or sudo firewall-cmd --add-port=${port}/udp)`,
  );
  lines.push(`from outside of this network a router has to forward UDP port ${port} to this machine`);
  if (addresses.length > foreign.length) lines.push("does a caller on this machine get in? then it is the network");
  return lines.join("\n");
}

function isLoopback(address: string): boolean {
  return address.startsWith("127.") || address === "::1";
}
