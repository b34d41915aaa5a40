/**
 * A target of `--udp`: an address and a port, which may have fields such as `{stream}`, and how datagrams are sent to it.
 *
 * @module
 */

import { type FileNaming, formatParts } from "./file_name.ts";
import type { NamePart } from "./name_template.ts";

/** A target before its fields are replaced. */
export interface UdpTemplate {
  /** Literal text and fields of `ADDRESS:PORT`. */
  readonly target: readonly NamePart[];
  /** Time to live (IPv4) or hop limit (IPv6), 1..255; null for the default of the system, which is 1 for multicast. */
  readonly ttl: number | null;
  /** Name of the network interface to send from; null: the routing table chooses it. */
  readonly interface: string | null;
}

/** Where datagrams go. */
export interface UdpTarget {
  /** Numeric, IPv4 or IPv6, without brackets. */
  readonly address: string;
  /** 1..65535. */
  readonly port: number;
}

/** Returns the text of a target with the values of its fields, such as `239.1.1.1:5000`. */
export function formatTarget(
  { target }: Pick<UdpTemplate, "target">,
  naming: Omit<FileNaming, "template" | "segment">,
): string {
  return formatParts(target, { ...naming, segment: 1 });
}

/** Reads `ADDRESS:PORT`, with an IPv6 address in brackets. Returns what is wrong with it as text if it cannot be used. */
export function parseTarget(text: string): UdpTarget | string {
  const { host = "", port = "" } = /^(?<host>\[[^\]]*\]|[^:]*):(?<port>.*)$/.exec(text)?.groups ?? {};
  if (port === "") return "it has no port";
  if (!/^[1-9]\d{0,4}$/.test(port) || Number(port) > 65_535) return "the port is not a number from 1 to 65535";
  const address = host.startsWith("[") ? host.slice(1, -1) : host;
  const isAddress = host.startsWith("[") ? isIpv6(address) : isIpv4(address);
  if (!isAddress) return "the address is neither an IPv4 address nor an IPv6 address in brackets";
  return { address, port: Number(port) };
}

/** Reports whether an address is that of a multicast group. */
export function isMulticast(address: string): boolean {
  if (address.includes(":")) return address.toLowerCase().startsWith("ff");
  const first = Number(address.split(".")[0]);
  return first >= 224 && first <= 239;
}

function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
}

function isIpv6(text: string): boolean {
  return /^[\da-f:.]+$/i.test(text) && text.includes(":") && URL.canParse(`http://[${text}]/`);
}
