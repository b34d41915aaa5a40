/**
 * UDP datagrams of loopback with their IP headers, through a raw IPv4 socket by FFI.
 *
 * @module
 */

import { waitUntil } from "./processes.ts";

const [AF_INET, SOCK_RAW, SOCK_CLOEXEC, IPPROTO_UDP] = [2, 3, 0o2000000, 17];
const MSG_DONTWAIT = 0x40;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
/** Enough for what a test sends while nothing is read. */
const BUFFER_BYTES = 16_000_000;
/** Longest packet that is read whole. */
const PACKET_BYTES = 2048;
/** Offsets in an IPv4 header. */
const AT = { service: 1, lifetime: 8 } as const;
const POLL_MS = 5;

const SYMBOLS = {
  // int socket(int domain, int type, int protocol);
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // ssize_t recv(int sockfd, void *buf, size_t len, int flags);
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Opened once for the process: a library opened inside a test counts as a leak. */
const libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols;

/** One datagram. */
export interface SniffedDatagram {
  readonly sourcePort: number;
  /** The type of service of its IP header. */
  readonly service: number;
  /** Time to live. */
  readonly lifetime: number;
  readonly payload: DataView<ArrayBuffer>;
}

/** A raw socket that receives a copy of every datagram; held by `using`. Needs RAW_SOCKETS. */
export class SniffedDatagrams implements Disposable {
  readonly #descriptor = libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP);

  constructor() {
    libc.setsockopt(this.#descriptor, SOL_SOCKET, SO_RCVBUFFORCE, Int32Array.of(BUFFER_BYTES), 4);
  }

  /** Waits for a datagram that matches; those before it are dropped. */
  async next(fits: (datagram: SniffedDatagram) => boolean): Promise<SniffedDatagram> {
    let found: SniffedDatagram | null = null;
    await waitUntil("a datagram", () => {
      found = this.#read(fits);
      return found !== null;
    }, POLL_MS);
    if (found === null) throw new Error("cannot wait for a datagram");
    return found;
  }

  [Symbol.dispose](): void {
    libc.close(this.#descriptor);
  }

  #read(fits: (datagram: SniffedDatagram) => boolean): SniffedDatagram | null {
    while (true) {
      const packet = new Uint8Array(PACKET_BYTES);
      const length = Number(libc.recv(this.#descriptor, packet, BigInt(PACKET_BYTES), MSG_DONTWAIT));
      if (length < 0) return null;
      const headerBytes = ((packet[0] ?? 0) & 0xf) * 4;
      const udp = new DataView(packet.buffer, headerBytes);
      const datagram = {
        sourcePort: udp.getUint16(0),
        service: packet[AT.service] ?? 0,
        lifetime: packet[AT.lifetime] ?? 0,
        payload: new DataView(packet.buffer, headerBytes + 8, length - headerBytes - 8),
      };
      if (fits(datagram)) return datagram;
    }
  }
}
