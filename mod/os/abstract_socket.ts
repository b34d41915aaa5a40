/**
 * Unix sockets with a name in the abstract namespace (`unix(7)`). Such a name is not a file, and is free again as soon as its
 * owner has ended. It is known in one network namespace. Any user can use any name, so both sides check the peer.
 *
 * @module
 */

import { ERRNO, type Libc, LIBC_FILE } from "./libc.ts";
import { openLibrary } from "./library_functions.ts";
import { MessageSocket } from "./message_socket.ts";
import { readProcFile } from "./proc.ts";
import { AF_UNIX, CONTROL_SYMBOLS, SOCK_CLOEXEC, SOCK_SEQPACKET, SOL_SOCKET } from "./raw.ts";

const SOCK_NONBLOCK = 0o4000;
const SO_PEERCRED = 17;
/** `sizeof(struct ucred)`: pid, uid, gid. */
const CREDENTIALS_BYTES = 12;
/** Longest name in bytes: `sun_path` has 108, and the first one is 0. */
const MAX_NAME_BYTES = 107;
/** Connections that wait to be accepted. Our choice: the children of a killed listener may all connect at the same moment. */
const BACKLOG = 128;

/** The process at the other end, as it was when it connected or listened. */
export interface Peer {
  /** Process ID in this process's PID namespace; 0 if it is not visible here. */
  readonly pid: number;
  /** Effective user ID; -1 or 4294967295 if the kernel does not report it. */
  readonly uid: number;
}

/** A listening socket; owns its descriptor until it is closed. */
export class AbstractListener implements Disposable {
  readonly #libc: Libc;
  readonly #library = openLibrary(LIBC_FILE, CONTROL_SYMBOLS);
  #descriptor: number;

  private constructor(libc: Libc, descriptor: number) {
    this.#libc = libc;
    this.#descriptor = descriptor;
  }

  /** Listens under a name. Returns null if the name is in use. @throws {OsError} */
  static open(libc: Libc, name: string): AbstractListener | null {
    const descriptor = bindAbstractName(libc, name);
    return descriptor === null ? null : AbstractListener.on(libc, descriptor);
  }

  /** Listens on a descriptor of {@linkcode bindAbstractName}, which the listener owns from now on. @throws {OsError} */
  static on(libc: Libc, descriptor: number): AbstractListener {
    const listener = new AbstractListener(libc, descriptor);
    if (listener.#library.symbols.listen(descriptor, BACKLOG) === 0) return listener;
    const error = libc.lastError("cannot listen on a Unix socket");
    listener.close();
    throw error;
  }

  /** The descriptor to wait for. The listener still owns it. */
  get descriptor(): number {
    return this.#descriptor;
  }

  /** Accepts the next connection; the caller of this method owns it. Returns null if none waits, or if no descriptor is left. */
  accept(): { readonly socket: MessageSocket; readonly peer: Peer } | null {
    if (this.#descriptor < 0) return null;
    const descriptor = this.#library.symbols.accept4(this.#descriptor, null, null, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (descriptor < 0) return null;
    return { socket: new MessageSocket(this.#libc, descriptor), peer: peerOf(this.#libc, descriptor) };
  }

  /** Closes the socket. Idempotent. */
  close(): void {
    if (this.#descriptor < 0) return;
    this.#libc.symbols.close(this.#descriptor);
    this.#descriptor = -1;
    this.#library.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/**
 * Binds a socket to a name, which is in use until the descriptor is closed. The caller of this function owns the descriptor.
 *
 * @returns Null if the name is in use.
 * @throws {OsError}
 */
export function bindAbstractName(libc: Libc, name: string): number | null {
  const descriptor = openSocket(libc);
  const address = encodeAddress(name);
  if (libc.symbols.bind(descriptor, address, address.length) === 0) return descriptor;
  const error = libc.lastError(`cannot bind the abstract Unix socket ${name}`);
  libc.symbols.close(descriptor);
  if (error.errno === ERRNO.EADDRINUSE) return null;
  throw error;
}

/**
 * Connects to a listening socket without waiting.
 *
 * @returns Null if it cannot connect: nothing listens under this name, or too many connections wait to be accepted.
 * @throws {OsError} No descriptor is left for the socket.
 */
export function connectAbstract(
  libc: Libc,
  name: string,
): { readonly socket: MessageSocket; readonly peer: Peer } | null {
  const descriptor = openSocket(libc);
  const address = encodeAddress(name);
  if (libc.symbols.connect(descriptor, address, address.length) !== 0) {
    libc.symbols.close(descriptor);
    return null;
  }
  return { socket: new MessageSocket(libc, descriptor), peer: peerOf(libc, descriptor) };
}

/** Lists the names in this network namespace that begin with `prefix`, of every user; none if the kernel does not list them. */
export function listAbstractNames(libc: Libc, prefix: string): readonly string[] {
  const lines = readProcFile(libc, "/proc/net/unix")?.split("\n") ?? [];
  const names = lines.map((line) => line.slice(line.indexOf(" @") + 2));
  return names.filter((name) => name.startsWith(prefix));
}

function openSocket(libc: Libc): number {
  const descriptor = libc.symbols.socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (descriptor < 0) throw libc.lastError("cannot make a Unix socket");
  return descriptor;
}

function peerOf(libc: Libc, descriptor: number): Peer {
  const credentials = new Int32Array(CREDENTIALS_BYTES / Int32Array.BYTES_PER_ELEMENT);
  const length = Uint32Array.of(CREDENTIALS_BYTES);
  if (libc.symbols.getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, credentials, length) !== 0) {
    return { pid: 0, uid: -1 };
  }
  const [pid = 0, uid = -1] = credentials;
  return { pid, uid: uid >>> 0 };
}

/** `struct sockaddr_un`: the family, a NUL, and the name without a NUL at its end. */
function encodeAddress(name: string): Uint8Array<ArrayBuffer> {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length > MAX_NAME_BYTES) {
    throw new RangeError(`cannot use the name of ${bytes.length} bytes for a Unix socket`);
  }
  const address = new Uint8Array(3 + bytes.length);
  address[0] = AF_UNIX; // sa_family_t is in host order; every Linux that Deno runs on is little-endian
  address.set(bytes, 3);
  return address;
}
