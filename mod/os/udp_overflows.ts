/**
 * How many UDP datagrams this network namespace has lost in full receive buffers, as the kernel counts them.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile } from "./proc.ts";

/** Counters of `/proc/net/snmp` (IPv4): datagrams that were dropped at a socket for other reasons than its filter. */
const IPV4_COUNTERS: readonly string[] = ["RcvbufErrors", "MemErrors", "InCsumErrors"];
/** The same of `/proc/net/snmp6`, and of nothing else in it. */
const IPV6_COUNTER = /^Udp6(?:RcvbufErrors|MemErrors|InCsumErrors)\s+(\d+)$/gm;

/**
 * Datagrams lost in receive buffers since the namespace was made, of all sockets together; null if the kernel does not report it.
 */
export function readUdpOverflows(libc: Libc): number | null {
  const ipv4 = readProcFile(libc, "/proc/self/net/snmp");
  if (ipv4 === null) return null;
  const [names = [], values = []] = ipv4.split("\n").filter((line) => line.startsWith("Udp: ")).map((line) =>
    line.split(" ")
  );
  const ipv6 = readProcFile(libc, "/proc/self/net/snmp6") ?? "";
  return [
    ...IPV4_COUNTERS.map((name) => Number(values[names.indexOf(name)] ?? 0)),
    ...Array.from(ipv6.matchAll(IPV6_COUNTER), ([, count]) => Number(count)),
  ].reduce((sum, count) => sum + count, 0);
}
