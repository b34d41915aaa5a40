/**
 * Two UDP sockets on 127.0.0.1 that are connected to each other.
 *
 * @module
 */

import { CallerSocket } from "./caller_socket.ts";
import type { Libc } from "./libc.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

const LOOPBACK = "127.0.0.1";

/** Both ends. The caller of the function owns them. */
export interface LoopbackPair {
  readonly near: CallerSocket;
  readonly far: CallerSocket;
  /** Address of `near`, as `far` calls it. */
  readonly nearAddress: Endpoint;
  /** Address of `far`, which is the caller of `near`. */
  readonly farAddress: Endpoint;
}

/**
 * Makes the pair on two free ports.
 *
 * @throws {OsError} If the kernel refuses; nothing is left open.
 */
export function openLoopbackPair(libc: Libc): LoopbackPair {
  // reserves a free port until the near end is bound to it, too (SO_REUSEADDR)
  using placeholder = CallerSocket.open(libc, {
    local: { address: LOOPBACK, port: 0 },
    caller: { address: LOOPBACK, port: 9 },
  });
  const nearAddress = { address: LOOPBACK, port: placeholder.localPort };
  const far = openFar(libc, nearAddress);
  try {
    const farAddress = { address: LOOPBACK, port: far.localPort };
    const near = CallerSocket.open(libc, { local: nearAddress, caller: farAddress });
    return { near, far, nearAddress, farAddress };
  } catch (error) {
    far.close();
    throw error;
  }
}

/**
 * Opens the far end on another port than the near end: with `SO_REUSEADDR`, the kernel may choose the port of the near end for
 * the far end.
 */
function openFar(libc: Libc, nearAddress: Endpoint): CallerSocket {
  while (true) {
    const far = CallerSocket.open(libc, { local: { address: LOOPBACK, port: 0 }, caller: nearAddress });
    if (far.localPort !== nearAddress.port) return far;
    far.close();
  }
}
