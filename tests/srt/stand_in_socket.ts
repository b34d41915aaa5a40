/**
 * A stand-in for a caller socket, to be acquired by libsrt first: a UDP socket that nobody sends to. Once libsrt
 * listens on it, the caller's socket takes its descriptor number, with everything that is queued in it.
 *
 * Called by: tests/srt.
 * Fails: `Error` where the kernel refuses a step.
 *
 * @module
 */

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2000000;
const F_GETFL = 3;
const F_SETFL = 4;
const F_DUPFD_CLOEXEC = 1030;
const SHUT_RD = 0;
const SOL_SOCKET = 1;
const SO_SNDBUF = 7;
const SO_RCVBUF = 8;
const SO_RCVTIMEO = 20;

/** `struct sockaddr_in` of 127.0.0.1, any port. */
const LOOPBACK = Uint8Array.of(AF_INET, 0, 0, 0, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0);

const libc = Deno.dlopen("libc.so.6", {
  // int socket(int domain, int type, int protocol);
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  // int fcntl(int fd, int op, ... /* int arg */);
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int dup3(int oldfd, int newfd, int flags);
  dup3: { parameters: ["i32", "i32", "i32"], result: "i32" },
  // int shutdown(int sockfd, int how);
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
  // int close(int fd);
  close: { parameters: ["i32"], result: "i32" },
  // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
  setsockopt: { parameters: ["i32", "i32", "i32", "buffer", "u32"], result: "i32" },
}).symbols;

/** Makes a stand-in. The taker owns the descriptor. */
export function openStandIn(): number {
  const descriptor = check(libc.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "make a stand-in socket");
  // Bound, for libsrt takes an unbound one for the port of each caller that the same process makes, and refuses to bind that.
  check(libc.bind(descriptor, LOOPBACK, LOOPBACK.length), "bind a stand-in socket");
  return descriptor;
}

/**
 * Puts `socket` under the number `standIn`, which libsrt reads. `socket`'s own number stays open and its owner's.
 */
export function replaceStandIn(standIn: number, socket: number): void {
  const old = check(libc.fcntl(standIn, F_DUPFD_CLOEXEC, 0), "keep the stand-in socket");
  // What libsrt has set on the stand-in it relies on: without its time-out its thread would never look up again.
  const value = new Int32Array(4);
  for (const [name, bytes, scale] of [[SO_SNDBUF, 4, 2], [SO_RCVBUF, 4, 2], [SO_RCVTIMEO, 16, 1]] as const) {
    check(libc.getsockopt(standIn, SOL_SOCKET, name, value, Int32Array.of(bytes)), `read socket option ${name}`);
    // The kernel reports twice the buffer size that was asked for (socket(7)).
    value[0] = Math.floor((value[0] ?? 0) / scale);
    check(libc.setsockopt(socket, SOL_SOCKET, name, value, bytes), `set socket option ${name}`);
  }
  check(libc.fcntl(socket, F_SETFL, libc.fcntl(standIn, F_GETFL, 0)), "set the socket's flags");
  check(libc.dup3(socket, standIn, SOCK_CLOEXEC), "replace the stand-in socket");
  // Wakes libsrt's thread, which still waits in the stand-in. It says ENOTCONN, and wakes all the same.
  libc.shutdown(old, SHUT_RD);
  libc.close(old);
}

function check(result: number, action: string): number {
  if (result < 0) throw new Error(`cannot ${action}`);
  return result;
}
