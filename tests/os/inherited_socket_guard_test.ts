/**
 * Tests of mod/os/inherited_socket.ts with the libsrt that children use: datagrams queued before libsrt has the socket are not
 * lost.
 */
import { strictEqual } from "node:assert/strict";
import type { CallerSocket } from "../../mod/os/caller_socket.ts";
import { InheritedSocket } from "../../mod/os/inherited_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { openLoopbackPair } from "../../mod/os/loopback_pair.ts";
import { predictCookie } from "../../mod/packet/cookie.ts";
import { decodeHandshake, HANDSHAKE_TYPE } from "../../mod/packet/handshake.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import type { Libsrt } from "../../mod/srt/library.ts";
import { acquireListener } from "../../mod/srt/listener.ts";
import { bytes, CONCLUSION_PLAIN } from "../fixtures/handshakes.ts";
import { DEADLINE_MS } from "../support/deadline.ts";

const libc = openLibc();
const libsrt = openLibsrt(); // once for the file: its clean-up takes a second
// a process that ends while libsrt runs sometimes dies of a double free
addEventListener("unload", () => libsrt.close());
const LOCAL = { address: "127.0.0.1" };
const PLAIN = { latencyMs: null, passphrase: null };

/** A caller's CONCLUSION with the cookie that a fresh libsrt expects from this address. */
function conclusionFrom(caller: { readonly address: string; readonly port: number }): Uint8Array<ArrayBuffer> {
  const datagram = new Uint8Array(bytes(CONCLUSION_PLAIN));
  new DataView(datagram.buffer).setUint32(44, predictCookie(caller));
  return datagram;
}

/** libsrt with a pause before `srt_listen`, in which its threads run. */
function slowLibsrt(): Libsrt {
  const srt_listen: Libsrt["symbols"]["srt_listen"] = (...args) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
    return libsrt.symbols.srt_listen(...args);
  };
  return Object.create(libsrt, { symbols: { value: { ...libsrt.symbols, srt_listen } } });
}

/** The type of the first handshake that comes to `socket`, or null if none comes in time. */
async function answerTo(socket: CallerSocket): Promise<number | null> {
  const buffer = new Uint8Array(2048);
  const endMs = performance.now() + DEADLINE_MS;
  while (performance.now() < endMs) {
    const length = socket.peek(buffer);
    if (typeof length === "number") {
      const handshake = decodeHandshake(buffer.subarray(0, length));
      return handshake.kind === "handshake" ? handshake.type : null;
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return null;
}

for (
  const [how, library] of [["", libsrt], [", also if its thread reads before srt_listen", slowLibsrt()]] as const
) {
  Deno.test(`handOver: a CONCLUSION that was queued before libsrt got the socket is answered${how}`, async () => {
    let answered = 0;
    for (let times = 0; times < 5; times += 1) {
      const { near, far, farAddress } = openLoopbackPair(libc);
      using _far = far;
      far.send(conclusionFrom(farAddress));
      const socket = new InheritedSocket(libc, near.release());
      using listener = socket.handOver(LOCAL, (standIn) => acquireListener(library, standIn, PLAIN));
      using connection = await listener.accept({ timeoutMs: DEADLINE_MS });
      if (connection !== null && await answerTo(far) === HANDSHAKE_TYPE.CONCLUSION) answered += 1;
    }
    strictEqual(answered, 5);
  });
}
