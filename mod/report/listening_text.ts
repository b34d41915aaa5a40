/**
 * Formats how callers reach the listener: the lines that it prints first, and hints if no caller has reached it.
 *
 * @module
 */

import type { ListeningEvent } from "../vocabulary/events.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { escapeText } from "./escape_text.ts";
import { formatEndpoint, formatList } from "./format.ts";

/** Our choice: further addresses are only counted, because a machine with containers has dozens. */
const MAX_LISTED = 8;

/**
 * Formats a `listening` event as lines, without an end of line after the last one.
 *
 * @param options `encrypted`: callers need a passphrase, and the examples show how to pass it
 */
export function listeningText(event: ListeningEvent, options: { readonly encrypted: boolean }): string {
  const passphrase = options.encrypted ? "&passphrase=YOUR-PASSPHRASE" : "";
  const uri = `srt://${formatEndpoint(exampleEndpoint(event))}?streamid=cam1${passphrase}`;
  const addresses = event.addresses.map(({ address }) => escapeText(address));
  if (event.port === 0) return recordText(event);
  const calls = event.pulls.length === 0 ? [] : [`calling ${pullList(event)}`];
  return [
    `srt-splitter ${event.version} listening on UDP port ${event.port} of ${formatList(addresses, MAX_LISTED)}`,
    `libsrt ${escapeText(event.libsrt.version)} (${escapeText(event.libsrt.file)})`,
    event.stdout
      ? "writing one session to stdout; the listener stops when it ends"
      : event.out === null
      ? "not recording (to record, add --out DIR)"
      : `recording into ${escapeText(event.out)}, one .ts file per caller`,
    ...calls,
    ...pageText(event),
    "to send a stream to it:",
    `  srt-live-transmit udp://:5000 "${uri}"`,
    `  ffmpeg -re -f lavfi -i testsrc2 -f mpegts "${uri}"`,
    "press Ctrl-C to stop",
  ].join("\n");
}

/** The same for a run that only calls listeners. */
function recordText(event: ListeningEvent): string {
  const { version, libsrt, stdout, out } = event;
  return [
    `srt-splitter ${version} calling ${pullList(event)}`,
    `libsrt ${escapeText(libsrt.version)} (${escapeText(libsrt.file)})`,
    stdout
      ? "writing one session to stdout; the run ends with it"
      : out === null
      ? "not recording (to record, add --out DIR)"
      : `recording into ${escapeText(out)}, one .ts file per session`,
    ...pageText(event),
    "press Ctrl-C to stop",
  ].join("\n");
}

function pageText({ web }: ListeningEvent): readonly string[] {
  return web.length === 0 ? [] : [`page: ${formatList(web, MAX_LISTED)}`];
}

/** Lists the listeners that are called: `cam1 (srt://192.0.2.9:9000)`. */
function pullList({ pulls }: ListeningEvent): string {
  return formatList(pulls.map(({ stream, listener }) => `${escapeText(stream)} (${escapeText(listener)})`), MAX_LISTED);
}

/**
 * Formats hints for a listener that no caller has reached, one hint a line, without an end of line after the last one.
 *
 * @param event The `listening` event of the run
 */
export function noCallerText(event: ListeningEvent): string {
  const { addresses, port } = event;
  const external = externalEndpoints(event);
  const reachable = external.length > 0 ? external : addresses;
  const uris = reachable.map((endpoint) => `srt://${formatEndpoint(endpoint)}`);
  const lines = [`callers reach this listener at ${formatList(uris, MAX_LISTED)}`];
  if (external.length === 0) {
    lines.push("only callers on this machine can reach it: to receive from others, listen on an address such as :9000");
    lines.push(`check that the caller uses mode=caller and port ${port}`);
    return lines.join("\n");
  }
  lines.push(
    `no SRT handshake has arrived: a firewall may block UDP port ${port} (sudo ufw allow ${port}/udp, ` +
      `or sudo firewall-cmd --add-port=${port}/udp)`,
  );
  lines.push(`for callers outside this network, a router has to forward UDP port ${port} to this machine`);
  if (addresses.length > external.length) {
    lines.push("try a caller on this machine: if it can connect, the cause is in the network");
  }
  return lines.join("\n");
}

/** Returns the address that most callers can reach: IPv4 other than loopback, then IPv6, then loopback. */
function exampleEndpoint(event: ListeningEvent): Endpoint {
  const external = externalEndpoints(event);
  return external.find(({ address }) => !address.includes(":")) ?? external[0] ?? event.addresses[0] ??
    { address: "127.0.0.1", port: event.port };
}

/** Returns the addresses that other machines can reach. */
function externalEndpoints({ addresses }: ListeningEvent): readonly Endpoint[] {
  return addresses.filter(({ address }) => !address.startsWith("127.") && address !== "::1");
}
