/**
 * The lines that a listener prints first: its addresses, and how a caller reaches it.
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import type { ListeningEvent } from "../vocabulary/events.ts";
import { formatEndpoint } from "./format_endpoint.ts";

/** More addresses than this are counted, not listed. Our choice: a machine with containers has dozens. */
const MOST_LISTED = 8;

/**
 * Makes the lines for a `listening` event, without an end of line after the last.
 *
 * @param event The event
 * @param options `encrypted`: callers need a passphrase, so the examples show where it goes
 */
export function listeningText(event: ListeningEvent, options: { readonly encrypted: boolean }): string {
  const example = exampleEndpoint(event);
  const passphrase = options.encrypted ? "&passphrase=YOUR-PASSPHRASE" : "";
  const uri = `srt://${formatEndpoint(example)}?streamid=cam1${passphrase}`;
  return [
    `srt-splitter ${event.version} listening on UDP port ${event.port} of ${listed(event.addresses)}`,
    `libsrt ${escapeText(event.libsrt.version)} (${escapeText(event.libsrt.file)})`,
    event.out === null
      ? "not recording (--out DIR records)"
      : `recording into ${escapeText(event.out)}, one .ts file per caller`,
    "to call it:",
    `  srt-live-transmit udp://:5000 "${uri}"`,
    `  ffmpeg -re -f lavfi -i testsrc2 -f mpegts "${uri}"`,
    "press Ctrl-C to stop",
  ].join("\n");
}

function listed(addresses: readonly Endpoint[]): string {
  const shown = addresses.slice(0, MOST_LISTED).map(({ address }) => escapeText(address)).join(", ");
  const more = addresses.length - MOST_LISTED;
  return more > 0 ? `${shown} and ${more} more` : shown;
}

/** The address that works from most places: IPv4 that other machines reach, then IPv6, then the first. */
function exampleEndpoint(event: ListeningEvent): Endpoint {
  const foreign = event.addresses.filter(({ address }) => !address.startsWith("127.") && address !== "::1");
  return foreign.find(({ address }) => !address.includes(":")) ?? foreign[0] ?? event.addresses[0] ??
    { address: "127.0.0.1", port: event.port };
}
