/**
 * Calls a listener.
 *
 * @module
 */

import { sleep } from "../os/timer.ts";
import { lastSrtError } from "./error.ts";
import { SRT_ERROR } from "./raw.ts";
import type { SrtSocket } from "./socket.ts";

/** How often a connecting socket is checked, in ms. */
const CHECK_MS = 2;
/**
 * How long a call without a rejection reason may be broken before it counts as refused, in ms (our choice). libsrt reports many new
 * connections as broken for a moment (`CUDTSocket::getStatus`), and then as connected. On a busy machine the moment took 8 ms.
 */
const SETTLED_MS = 500;

/** The listener refused, or did not answer. */
export class CallRefusedError extends Error {
  override readonly name = "CallRefusedError";

  /** `srt_getrejectreason`: 16 for no answer, 10 for a wrong passphrase, 1403 for forbidden, ... */
  readonly reason: number;

  constructor(reason: number) {
    super(`cannot connect: rejection reason ${reason}`);
    this.reason = reason;
  }
}

/** The call was given up. */
export class CallGivenUpError extends Error {
  override readonly name = "CallGivenUpError";
}

/**
 * Connects a socket whose `rcvsyn` is false.
 *
 * @param address `struct sockaddr` of the listener; read only during the call of `srt_connect`.
 * @param isGivenUp Called before each wait; true ends the call.
 * @returns Whether it is connected; false if the call was given up.
 * @throws {CallRefusedError} Refused, or no answer in time.
 * @throws {SrtError} The address cannot be called.
 */
export async function connectSocket(
  socket: Pick<SrtSocket, "id" | "state" | "symbols">,
  address: Uint8Array<ArrayBuffer>,
  isGivenUp: () => boolean = () => false,
): Promise<boolean> {
  const { symbols } = socket;
  if (symbols.srt_connect(socket.id, address, address.length) === SRT_ERROR) throw lastSrtError(symbols, "cannot call");
  let brokenSinceMs: number | null = null;
  for (let state = socket.state; state !== "connected"; state = socket.state) {
    if (state === "connecting") {
      brokenSinceMs = null;
    } else {
      brokenSinceMs ??= performance.now();
      const reason = symbols.srt_getrejectreason(socket.id);
      if (reason !== 0 || performance.now() - brokenSinceMs > SETTLED_MS) throw new CallRefusedError(reason);
    }
    if (isGivenUp()) return false;
    await sleep(CHECK_MS);
  }
  return true;
}
