/**
 * A caller and its accepted connection, for tests of mod/srt.
 *
 * @module
 */

import type { CallerSocket } from "../../mod/os/caller_socket.ts";
import { type Connection, NO_MESSAGE } from "../../mod/srt/connection.ts";
import { InheritedSocket } from "../../mod/os/inherited_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import { acquireListener } from "../../mod/srt/listener.ts";
import type { AcquiredListener, ListeningOptions } from "../../mod/srt/listener.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import type { SrtCallerOptions } from "../support/srt_caller.ts";
import { FrontDoor } from "./front_door.ts";

/** The C library, for sockets of tests. */
export const libc = openLibc();

/** Loaded once for all tests of a file: see tests/support/srt_caller. */
export const libsrt = openLibsrt();
// a process that ends while libsrt runs sometimes crashes with a double free
addEventListener("unload", () => libsrt.close());

/** libsrt's default latency, and no passphrase. */
export const PLAIN: ListeningOptions = { latencyMs: null, passphrase: null };

/** Both ends; disposing closes them. */
export class ConnectedPair implements AsyncDisposable {
  readonly caller: SrtCaller;
  readonly connection: Connection;
  readonly listener: AcquiredListener;

  constructor(ends: { caller: SrtCaller; connection: Connection; listener: AcquiredListener }) {
    this.caller = ends.caller;
    this.connection = ends.connection;
    this.listener = ends.listener;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caller[Symbol.asyncDispose]();
    this.connection.close();
    this.listener.close();
  }
}

/**
 * Connects a caller through the hand-off.
 *
 * @param call What the caller asks for. `through`: gets the port of the front door, and returns the port that the caller calls,
 * such as that of a relay.
 */
export async function connectPair(
  call: Omit<SrtCallerOptions, "port"> & { readonly through?: (port: number) => number } = {},
  receiver: ListeningOptions = PLAIN,
): Promise<ConnectedPair> {
  using door = FrontDoor.open();
  const { through, ...options } = call;
  const called = SrtCaller.connect({ ...options, port: through?.(door.port) ?? door.port });
  const socket = await door.nextCaller();
  const listener = listenTo(socket, receiver);
  const connection = await listener.accept({ timeoutMs: DEADLINE_MS });
  if (connection === null) throw new Error(`cannot accept the caller within ${DEADLINE_MS} ms`);
  return new ConnectedPair({ caller: await called, connection, listener });
}

/** Listens on a caller's socket, which libsrt owns from now on. */
export function listenTo(socket: CallerSocket, receiver: ListeningOptions = PLAIN): AcquiredListener {
  const local = { address: "127.0.0.1" };
  return new InheritedSocket(libc, socket.release()).handOver(
    local,
    (standIn) => acquireListener(libsrt, standIn, receiver),
  );
}

/**
 * Receives until the connection has ended or `bytes` bytes have arrived.
 *
 * @throws {Error} Neither happened within {@linkcode DEADLINE_MS}.
 */
export async function receive(connection: Connection, bytes = Infinity): Promise<Uint8Array> {
  const buffer = new Uint8Array(4_000_000);
  const deadline = performance.now() + DEADLINE_MS;
  let length = 0;
  while (length < bytes) {
    const received = connection.receiveInto(buffer, length);
    if (received !== NO_MESSAGE) {
      length += received;
      continue;
    }
    if (connection.phase === "ended") break;
    if (performance.now() > deadline) {
      throw new Error(`cannot receive more than ${length} bytes within ${DEADLINE_MS} ms`);
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return buffer.subarray(0, length);
}

/** `length` bytes that do not repeat within any message. */
export function makePayload(length: number): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  // xorshift32 with a fixed seed, so that each run of a test sends the same bytes.
  let word = 0x9e3779b9;
  for (let index = 0; index < words.length; index++) {
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    words[index] = word;
  }
  return new Uint8Array(words.buffer, 0, length);
}
