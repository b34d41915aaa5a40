/**
 * Tries libsrt: loads it, and calls a fresh listener, whose cookie the hand-off has to predict.
 *
 * @module
 */

import type { EmbeddedLibsrt, ProbeAnswer, ProbedLibsrt, ProbeTicket } from "../handoff/contract.ts";
import type { CallerSocket } from "../os/caller_socket.ts";
import type { Libc } from "../os/libc.ts";
import { readProcFile } from "../os/proc.ts";
import { openLoopbackPair } from "../os/loopback_pair.ts";
import { decodeHandshake, encodeHandshake, HANDSHAKE_TYPE } from "../packet/handshake.ts";
import { LibraryError, type Libsrt, openLibsrt } from "../srt/library.ts";
import { acquireListener } from "../srt/listener.ts";

/** libsrt answers within 3 ms; a busy machine may take longer. */
const ANSWER_MS = 3000;
/** Our choice: how often the socket is checked for the answer. */
const CHECK_MS = 1;

/** Name of the memory file in messages. */
const INSIDE = "the libsrt in this executable";

/** Finds a usable libsrt and tries it. */
export async function probe({ libsrt: file, embedded }: ProbeTicket, libc: Libc): Promise<ProbeAnswer> {
  try {
    using libsrt = openLibsrt({ file, embedded: embedded?.file ?? null });
    const found = {
      version: libsrt.version,
      file: libsrt.file,
      path: pathOf(libsrt.file, readProcFile(libc, "/proc/self/maps") ?? ""),
      embedded: libsrt.embedded,
      warning: warningOf(libsrt, embedded),
      induction: await callListener(libsrt, libc),
    };
    return { libsrt: found, text: "" };
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    // the path of a memory file means nothing to a reader
    const text = embedded === null ? error.message : error.message.replaceAll(embedded.file, INSIDE);
    return { libsrt: null, text };
  }
}

/** The path under which the system has found a loaded library. `maps`: /proc/self/maps, which has the targets of links. */
function pathOf(file: string, maps: string): string {
  if (file.includes("/")) return file;
  const mapped = maps.split("\n").map((line) => line.slice(line.indexOf("/")))
    .find((path) => path.slice(path.lastIndexOf("/") + 1).startsWith(file));
  return mapped === undefined ? file : mapped.slice(0, mapped.lastIndexOf("/") + 1) + file;
}

function warningOf(libsrt: Libsrt, embedded: EmbeddedLibsrt | null): string | null {
  const version = libsrt.versionWarning(embedded?.packageVersion ?? null);
  if (embedded === null || libsrt.embedded) return version;
  const passedOver =
    `${INSIDE} cannot be loaded here (it may need a newer glibc): using ${libsrt.file} of this machine`;
  return version === null ? passedOver : `${passedOver}; ${version}`;
}

/** Sends an INDUCTION to a fresh listener. */
async function callListener(libsrt: Libsrt, libc: Libc): Promise<ProbedLibsrt["induction"]> {
  const { near, far, farAddress } = openLoopbackPair(libc);
  using _far = far;
  using _listener = acquireListener(libsrt, near.release(), { latencyMs: null, passphrase: null });
  far.send(encodeHandshake({
    kind: "handshake",
    timestampUs: 0,
    destinationSocketId: 0,
    version: 4,
    encryption: 0,
    extension: 2,
    initialSequence: 1,
    mss: 1500,
    flowWindow: 8192,
    type: HANDSHAKE_TYPE.INDUCTION,
    socketId: 1,
    cookie: 0,
    peerIp: new Uint8Array(16),
  }));
  return { caller: farAddress, cookie: await receiveCookie(far) };
}

async function receiveCookie(socket: CallerSocket): Promise<number | null> {
  const buffer = new Uint8Array(2048);
  const deadlineMs = performance.now() + ANSWER_MS;
  while (performance.now() < deadlineMs) {
    const length = socket.peek(buffer);
    if (typeof length === "number") {
      const handshake = decodeHandshake(buffer.subarray(0, length));
      return handshake.kind === "handshake" ? handshake.cookie : null;
    }
    await new Promise((resolve) => setTimeout(resolve, CHECK_MS));
  }
  return null;
}
