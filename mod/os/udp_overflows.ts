/**
 * Counts the UDP datagrams that the kernel has dropped at sockets of this network namespace, except those that a filter dropped.
 * Nearly all were dropped because a receive buffer was full.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile } from "./proc.ts";

/** Counters of `/proc/net/snmp` (IPv4): a full receive buffer, no memory, a wrong checksum. */
const IPV4_COUNTERS: readonly string[] = ["RcvbufErrors", "MemErrors", "InCsumErrors"];
/** The two lines for UDP: the names of the counters, and the values in the same order. */
const IPV4_LINES = /^Udp: (.*)\nUdp: (.*)$/m;
/** The same counters of `/proc/net/snmp6`. */
const IPV6_COUNTER = /^Udp6(?:RcvbufErrors|MemErrors|InCsumErrors)\s+(\d+)$/gm;

/**
 * Returns how many datagrams were dropped for one of these causes, at all sockets together, since the namespace was made; null if
 * the kernel does not report it.
 *
 * @param local Address of the socket in question: what an IPv4 socket loses is never counted for IPv6.
 */
export function readUdpOverflows(libc: Libc, local: { readonly address: string }): number | null {
  const ipv4 = readProcFile(libc, "/proc/self/net/snmp");
  if (ipv4 === null) return null;
  const [, names = "", values = ""] = IPV4_LINES.exec(ipv4) ?? [];
  const ipv6 = local.address.includes(":") ? readProcFile(libc, "/proc/self/net/snmp6") ?? "" : "";
  const counts = values.split(" ");
  return names.split(" ").map((name, index) => IPV4_COUNTERS.includes(name) ? Number(counts[index]) : 0)
    .concat(Array.from(ipv6.matchAll(IPV6_COUNTER), ([, count]) => Number(count)))
    .reduce((sum, count) => sum + count, 0);
}
