/**
 * Finds the process that already listens on a UDP port.
 *
 * This is checked before the listener binds. Its sockets need SO_REUSEADDR, because connected caller sockets use the same port.
 * With that option, a second listener can bind without an error and then receives the first one's callers.
 *
 * @module
 */

import type { Endpoint } from "../vocabulary/schema.ts";
import type { Libc } from "./libc.ts";
import { listProcFolder, readProcFile, readProcLink } from "./proc.ts";
import { AF_INET, toBinaryAddress } from "./socket_address.ts";

/** `0.0.0.0` as `/proc/net/udp` prints it. */
const IPV4_WILDCARD = "0".repeat(8);
/**
 * `::` as `/proc/net/udp6` prints it. A socket that is bound to it receives from IPv4 callers too, unless IPV6_V6ONLY is set,
 * which `/proc` does not show.
 */
const IPV6_WILDCARD = "0".repeat(32);
/** The prefix of an IPv4 address in an IPv4-mapped one, `::ffff:127.0.0.1`. */
const MAPPED_PREFIX = `${"0".repeat(16)}FFFF0000`;
/** The remote address of a socket without a peer, as both files print it. */
const UNCONNECTED = /^0+:0000$/;

/** The holder of a port. */
export interface PortOwner {
  /** Process ID, or null if `/proc` does not show it (another user's process). */
  readonly pid: number | null;
  /** Its command line, the program first, or empty. It may hold secrets. */
  readonly command: readonly string[];
}

/**
 * Finds the owner of an unconnected UDP socket that is bound to the same port, and to the same address or a wildcard. Returns
 * null if there is none. Connected sockets (running sessions) do not count.
 */
export function findPortOwner(libc: Libc, endpoint: Endpoint): PortOwner | null {
  const local = formatProcAddress(libc, endpoint.address);
  const port = endpoint.port.toString(16).toUpperCase().padStart(4, "0");
  const ipv4 = local.length === IPV4_WILDCARD.length;
  const conflicting = [local, IPV6_WILDCARD, ...(ipv4 ? [IPV4_WILDCARD, `${MAPPED_PREFIX}${local}`] : [])]
    .map((address) => `${address}:${port}`);
  for (const table of ["/proc/net/udp", "/proc/net/udp6"]) {
    for (const line of (readProcFile(libc, table) ?? "").split("\n").slice(1)) {
      const [, bound = "", remote = "", , , , , , , inode = ""] = line.trim().split(/\s+/);
      if (conflicting.includes(bound) && UNCONNECTED.test(remote)) return findSocketHolder(libc, inode);
    }
  }
  return null;
}

/** The address as `/proc/net/udp` prints it: each 32-bit word in host order, in hexadecimal. */
function formatProcAddress(libc: Libc, address: string): string {
  const { bytes, family } = toBinaryAddress(libc, address);
  const view = new DataView(bytes.buffer);
  return Array.from(
    { length: family === AF_INET ? 1 : 4 },
    (_, word) => view.getUint32(word * 4, true).toString(16).toUpperCase().padStart(8, "0"),
  ).join("");
}

function findSocketHolder(libc: Libc, inode: string): PortOwner {
  const wanted = `socket:[${inode}]`;
  for (const pid of listProcFolder(libc, "/proc").filter((name) => /^\d+$/.test(name))) {
    for (const descriptor of listProcFolder(libc, `/proc/${pid}/fd`)) {
      if (readProcLink(libc, `/proc/${pid}/fd/${descriptor}`) !== wanted) continue;
      return { pid: Number(pid), command: readCommand(libc, pid) };
    }
  }
  return { pid: null, command: [] };
}

function readCommand(libc: Libc, pid: string): readonly string[] {
  const command = readProcFile(libc, `/proc/${pid}/cmdline`)?.split("\0").filter((word) => word !== "") ?? [];
  // a program may replace its command line with one text: "nginx: master process /usr/sbin/nginx"
  return command.flatMap((word) => command.length === 1 ? word.split(" ") : word);
}
