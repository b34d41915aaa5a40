/**
 * Datagrams with a forged source address and port, through a raw IPv4 socket by FFI. Only for loopback and for network
 * namespaces of the test.
 *
 * @module
 */

const AF_INET = 2;
const SOCK_RAW = 3;
const SOCK_CLOEXEC = 0o2000000;
const IPPROTO_RAW = 255;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const ADDRESS_BYTES = 16;
const IOVEC_BYTES = 16;
/** `sizeof(struct mmsghdr)` on 64-bit machines. */
const MMSGHDR_BYTES = 64;

const SYMBOLS = {
  // int socket(int domain, int type, int protocol);
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int sendmmsg(int sockfd, struct mmsghdr *msgvec, unsigned int vlen, int flags);
  sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

/** Opened once for the process: a library opened inside a test counts as a leak. */
const libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols;

/** Target of forged datagrams, and how many are sent with one system call. */
export interface ForgedOptions {
  /** A port of 127.0.0.1. */
  readonly port: number;
  readonly payloadBytes: number;
  readonly batch?: number;
}

/** A source, as 32 bits of an address of 127.0.0.0/8 and a port. */
export interface ForgedSource {
  readonly address: number;
  readonly port: number;
}

/** `127.0.0.1` as a number. */
export const LOCALHOST = 0x7f000001;

/** A raw socket and a batch of datagrams of one length; held by `using`. */
export class ForgedDatagrams implements Disposable {
  readonly #descriptor: number;
  readonly #batch: number;
  readonly #packetBytes: number;
  readonly #payloadBytes: number;
  readonly #packets: Uint8Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;
  readonly #headers: Uint8Array<ArrayBuffer>;
  /** Buffers that the headers point to. They are kept here so that they are not freed. */
  readonly #pointed: readonly Uint8Array<ArrayBuffer>[];

  constructor({ port, payloadBytes, batch = 1 }: ForgedOptions) {
    this.#descriptor = libc.socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (this.#descriptor < 0) throw new Error("cannot open a raw socket: it requires CAP_NET_RAW");
    this.#batch = batch;
    this.#payloadBytes = payloadBytes;
    this.#packetBytes = IP_BYTES + UDP_BYTES + payloadBytes;
    this.#packets = new Uint8Array(batch * this.#packetBytes);
    this.#view = new DataView(this.#packets.buffer);
    const address = new Uint8Array(ADDRESS_BYTES);
    new DataView(address.buffer).setUint16(0, AF_INET, true);
    new DataView(address.buffer).setUint32(4, LOCALHOST);
    const vectors = new Uint8Array(batch * IOVEC_BYTES);
    this.#headers = new Uint8Array(batch * MMSGHDR_BYTES);
    this.#pointed = [address, vectors];
    const [headerView, vectorView] = [new DataView(this.#headers.buffer), new DataView(vectors.buffer)];
    for (let index = 0; index < batch; index += 1) {
      this.#writeFixed(index, port);
      vectorView.setBigUint64(index * IOVEC_BYTES, addressOf(this.#packets) + BigInt(index * this.#packetBytes), true);
      vectorView.setBigUint64(index * IOVEC_BYTES + 8, BigInt(this.#packetBytes), true);
      // struct msghdr { name, namelen, iov, iovlen, control, controllen, flags }, then unsigned msg_len
      headerView.setBigUint64(index * MMSGHDR_BYTES, addressOf(address), true);
      headerView.setUint32(index * MMSGHDR_BYTES + 8, ADDRESS_BYTES, true);
      headerView.setBigUint64(index * MMSGHDR_BYTES + 16, addressOf(vectors) + BigInt(index * IOVEC_BYTES), true);
      headerView.setBigUint64(index * MMSGHDR_BYTES + 24, 1n, true);
    }
  }

  /** Sets source and payload of one datagram of the batch. */
  set(index: number, { address, port }: ForgedSource, payload: Uint8Array): void {
    const offset = index * this.#packetBytes;
    this.#view.setUint32(offset + 12, address);
    this.#view.setUint16(offset + IP_BYTES, port);
    this.#packets.set(payload.subarray(0, this.#payloadBytes), offset + IP_BYTES + UDP_BYTES);
  }

  /** Sends the whole batch, and returns how many datagrams the kernel accepted. */
  send(): number {
    const sent = libc.sendmmsg(this.#descriptor, this.#headers, this.#batch, 0);
    if (sent < 0) throw new Error("cannot send forged datagrams");
    return sent;
  }

  [Symbol.dispose](): void {
    libc.close(this.#descriptor);
    this.#pointed.at(0);
  }

  #writeFixed(index: number, port: number): void {
    const offset = index * this.#packetBytes;
    this.#view.setUint8(offset, 0x45); // IPv4, 20 bytes of header; the kernel fills in length, ID and checksum
    this.#view.setUint8(offset + 8, 64); // time to live
    this.#view.setUint8(offset + 9, 17); // UDP
    this.#view.setUint32(offset + 16, LOCALHOST);
    this.#view.setUint16(offset + IP_BYTES + 2, port);
    this.#view.setUint16(offset + IP_BYTES + 4, UDP_BYTES + this.#payloadBytes); // no checksum: 0
  }
}

function addressOf(bytes: Uint8Array<ArrayBuffer>): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes));
}
