/**
 * One end of a connection of Unix sockets (`AF_UNIX`, `SOCK_SEQPACKET`): messages keep their boundaries and their order, and
 * can carry a descriptor to another process.
 *
 * @module
 */

import { ERRNO, type Libc } from "./libc.ts";
import { AF_UNIX, MSG_DONTWAIT, MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_SEQPACKET, SOL_SOCKET } from "./raw.ts";

const SCM_RIGHTS = 1;
const MSG_TRUNC = 0x20;
const MSG_CMSG_CLOEXEC = 0x40000000;
const F_SETFD = 2;
const FD_CLOEXEC = 1;

/**
 * A `struct msghdr` (56 bytes on 64-bit Linux), its `struct iovec` (16 bytes) and room for control data:
 * `CMSG_SPACE(sizeof(int))`, of which `CMSG_LEN(sizeof(int))` is used.
 */
const HEADER = { vector: 56, control: 72, controlBytes: 24, controlUsed: 20, bytes: 96 } as const;

/** After this many unexpected errors in one call, a socket counts as closed. */
const MAX_UNEXPECTED = 3;

/** Result of sending a message. `"full"`: the other side has too many unread messages; `"closed"`: it has closed the socket. */
export type Sent = "sent" | "full" | "closed";

/** Length of a message, which may exceed the buffer; `"empty"`: none has arrived; `"closed"`: none will. */
export type ReceivedLength = number | "empty" | "closed";

/** A message, with the descriptor that was attached to it or null. The receiver owns the descriptor. */
export interface ReceivedMessage {
  readonly length: ReceivedLength;
  readonly descriptor: number | null;
}

/** Owns its descriptor until it is closed. */
export class MessageSocket implements Disposable {
  readonly #libc: Libc;
  #descriptor: number;

  /** @param descriptor A connected socket; owned from now on. */
  constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Makes both ends of a pair. @throws {OsError} */
  static pair(libc: Libc): readonly [MessageSocket, MessageSocket] {
    const ends = new Int32Array(2);
    if (libc.symbols.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) !== 0) {
      throw libc.lastError("cannot make a pair of sockets");
    }
    const [near = -1, far = -1] = ends;
    return [new MessageSocket(libc, near), new MessageSocket(libc, far)];
  }

  /** The descriptor's number. The socket still owns it. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /**
   * Sends a message without waiting.
   *
   * @param passed A descriptor to send with it: the receiver gets one of its own for the same file.
   * @throws {OsError} The message is too long, or the kernel does not pass the descriptor.
   */
  send(message: Uint8Array<ArrayBuffer>, passed: number | null = null): Sent {
    const { symbols } = this.#libc;
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL;
    const sent = passed === null
      ? symbols.send(this.#descriptor, message, BigInt(message.length), flags)
      : symbols.sendmsg(this.#descriptor, encodeHeader(message, passed), flags);
    if (Number(sent) >= 0) return "sent";
    switch (this.#libc.errno()) {
      case ERRNO.EAGAIN:
      case ERRNO.ENOBUFS:
        return "full";
      case ERRNO.EPIPE:
      case ERRNO.ECONNRESET:
        return "closed";
      default:
        throw this.#libc.lastError(`cannot send a message of ${message.length} bytes`);
    }
  }

  /** Receives the next message if there is one. A descriptor that comes with it is closed. An empty message counts as the end. */
  receive(into: Uint8Array<ArrayBuffer>): ReceivedLength {
    return this.#retry(() => {
      const { recv } = this.#libc.symbols;
      return recv(this.#descriptor, into, BigInt(into.length), MSG_DONTWAIT | MSG_TRUNC);
    });
  }

  /**
   * Receives the next message, with the descriptor that it carries.
   *
   * @param options `wait`: blocks this thread, and so the event loop, until a message arrives or the other side has closed.
   */
  receiveWithDescriptor(into: Uint8Array<ArrayBuffer>, { wait }: { readonly wait: boolean }): ReceivedMessage {
    const header = encodeHeader(into, null);
    const flags = MSG_CMSG_CLOEXEC | MSG_TRUNC | (wait ? 0 : MSG_DONTWAIT);
    const length = this.#retry(() => this.#libc.symbols.recvmsg(this.#descriptor, header, flags));
    return { length, descriptor: typeof length === "number" ? decodeRights(header) : null };
  }

  /**
   * Runs `spawn` while the descriptor is inheritable: the child process that it starts gets it under the same number. `spawn`
   * must start the process synchronously, so that no other child can inherit it.
   */
  inherit<Child>(spawn: (descriptor: number) => Child): Child {
    this.#setCloseOnExec(false);
    try {
      return spawn(this.#descriptor);
    } finally {
      this.#setCloseOnExec(true);
    }
  }

  /** Closes the descriptor; messages that were sent can still be received. Idempotent. */
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /**
   * Calls `receive` again if a signal interrupted it, and after ECONNRESET: the kernel reports once that the other side closed
   * with unread messages, and the messages that it sent before follow. After any other error except EAGAIN, it also calls
   * `receive` again, up to {@linkcode MAX_UNEXPECTED} errors: the runtime may change `errno` before it is read, and a wrong
   * `errno` must not end the control channel of a session that continues.
   */
  #retry(receive: () => number | bigint): ReceivedLength {
    for (let unexpected = 0; this.#descriptor >= 0 && unexpected < MAX_UNEXPECTED;) {
      const length = Number(receive());
      if (length > 0) return length;
      if (length === 0) return "closed";
      const errno = this.#libc.errno();
      if (errno === ERRNO.EAGAIN) return "empty";
      if (errno !== ERRNO.EINTR && errno !== ERRNO.ECONNRESET) unexpected += 1;
    }
    return "closed";
  }

  #setCloseOnExec(on: boolean): void {
    if (this.#libc.symbols.fcntl(this.#descriptor, F_SETFD, on ? FD_CLOEXEC : 0) !== 0) {
      throw this.#libc.lastError("cannot change close-on-exec of a socket");
    }
  }
}

/** The header refers to `message`, which must outlive it. `passed`: the descriptor in the control data, or null for none. */
function encodeHeader(message: Uint8Array<ArrayBuffer>, passed: number | null): DataView<ArrayBuffer> {
  const header = new DataView(new ArrayBuffer(HEADER.bytes));
  const address = Deno.UnsafePointer.value(Deno.UnsafePointer.of(header));
  header.setBigUint64(16, address + BigInt(HEADER.vector), true); // msg_iov
  header.setBigUint64(24, 1n, true); // msg_iovlen
  header.setBigUint64(32, address + BigInt(HEADER.control), true); // msg_control
  header.setBigUint64(40, BigInt(HEADER.controlBytes), true); // msg_controllen
  header.setBigUint64(HEADER.vector, Deno.UnsafePointer.value(Deno.UnsafePointer.of(message)), true); // iov_base
  header.setBigUint64(HEADER.vector + 8, BigInt(message.length), true); // iov_len
  if (passed === null) return header;
  header.setBigUint64(HEADER.control, BigInt(HEADER.controlUsed), true); // cmsg_len
  header.setInt32(HEADER.control + 8, SOL_SOCKET, true); // cmsg_level
  header.setInt32(HEADER.control + 12, SCM_RIGHTS, true); // cmsg_type
  header.setInt32(HEADER.control + 16, passed, true);
  return header;
}

/** The descriptor in the control data that the kernel filled in, or null. */
function decodeRights(header: DataView<ArrayBuffer>): number | null {
  const isRights = header.getBigUint64(HEADER.control, true) === BigInt(HEADER.controlUsed) &&
    header.getInt32(HEADER.control + 8, true) === SOL_SOCKET &&
    header.getInt32(HEADER.control + 12, true) === SCM_RIGHTS;
  return isRights ? header.getInt32(HEADER.control + 16, true) : null;
}
