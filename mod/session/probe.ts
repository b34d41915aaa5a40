/**
 * Tries libsrt: loads it, and calls a fresh listener, whose cookie the hand-off must predict. A second handshake shows whether
 * it decrypts AES-GCM.
 *
 * @module
 */

import type { EmbeddedLibsrt, ProbeAnswer, ProbedLibsrt, ProbeTicket } from "../handoff/contract.ts";
import type { CallerSocket } from "../os/caller_socket.ts";
import type { Libc } from "../os/libc.ts";
import { readProcFile } from "../os/proc.ts";
import { openLoopbackPair } from "../os/loopback_pair.ts";
import { sleep } from "../os/timer.ts";
import { encodeExtensions, EXTENSION_COMMAND, EXTENSION_FLAG } from "../packet/extension.ts";
import {
  decodeHandshake,
  encodeHandshake,
  type Handshake,
  HANDSHAKE_TYPE,
  HANDSHAKE_VERSION,
  REJECTION_BASE,
} from "../packet/handshake.ts";
import { encodeHsreq } from "../packet/hsreq.ts";
import { encodeKeyMaterial, KMREQ_CIPHER } from "../packet/kmreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { openLibsrt, versionWarning } from "../srt/find_library.ts";
import { LibraryError, type Libsrt } from "../srt/library.ts";
import { acquireListener } from "../srt/listener.ts";

/** libsrt answers within 3 ms; a busy machine may take longer. */
const ANSWER_MS = 3000;
/** Our choice: how often the socket is checked for the answer. */
const CHECK_MS = 1;

/** Passphrase of the listener that is called: without one, it would reject every key. No caller has it. */
const PASSPHRASE = "of no caller";

/** Stands in messages for the memory file that the libsrt of the executable is loaded from. */
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
      ...await callListener(libsrt, libc),
    };
    return { libsrt: found, text: "" };
  } catch (error) {
    if (!(error instanceof LibraryError)) throw error;
    // the path of a memory file means nothing to a reader
    const text = embedded === null ? error.message : error.message.replaceAll(embedded.file, INSIDE);
    return { libsrt: null, text };
  }
}

/**
 * Returns the path under which the system has found a loaded library. `maps`: /proc/self/maps, which has the targets of links.
 */
function pathOf(file: string, maps: string): string {
  if (file.includes("/")) return file;
  const mapped = maps.split("\n").map((line) => line.slice(line.indexOf("/")))
    .find((path) => path.slice(path.lastIndexOf("/") + 1).startsWith(file));
  return mapped === undefined ? file : mapped.slice(0, mapped.lastIndexOf("/") + 1) + file;
}

function warningOf(libsrt: Libsrt, embedded: EmbeddedLibsrt | null): string | null {
  const version = versionWarning(libsrt, embedded?.packageVersion ?? null);
  if (embedded === null || libsrt.embedded) return version;
  const skipped = `${INSIDE} cannot be loaded here (it may need a newer glibc): using ${libsrt.file} of this machine`;
  return version === null ? skipped : `${skipped}; ${version}`;
}

/** Calls a fresh listener. Returns the cookie that it answers with, and whether it decrypts AES-GCM. */
async function callListener(libsrt: Libsrt, libc: Libc): Promise<Pick<ProbedLibsrt, "induction" | "aesGcm">> {
  const { near, far, farAddress } = openLoopbackPair(libc);
  using _far = far;
  using _listener = acquireListener(libsrt, near.release(), { latencyMs: null, passphrase: PASSPHRASE });
  const induction: Handshake = {
    kind: "handshake",
    timestampUs: 0,
    destinationSocketId: 0,
    version: HANDSHAKE_VERSION.HSV4,
    encryption: 0,
    extension: 2,
    initialSequence: 1,
    mss: 1500,
    flowWindow: 8192,
    type: HANDSHAKE_TYPE.INDUCTION,
    socketId: 1,
    cookie: 0,
    peerIp: new Uint8Array(16),
  };
  far.send(encodeHandshake(induction));
  const cookie = (await receiveAnswer(far))?.cookie ?? null;
  return {
    induction: { caller: farAddress, cookie },
    aesGcm: cookie !== null && await knowsAesGcm(far, induction, cookie),
  };
}

/**
 * Offers a key for AES-GCM that no passphrase unwraps: a libsrt that knows AES-GCM tries it and rejects the passphrase; another
 * one rejects the cipher. It would not suffice to set `SRTO_CRYPTOMODE`, because builds without it decrypt AES-GCM, too.
 */
async function knowsAesGcm(socket: CallerSocket, induction: Handshake, cookie: number): Promise<boolean> {
  const { HSREQ, KMREQ } = EXTENSION_FLAG;
  const key = { keyLength: 16, keys: 1, salt: new Uint8Array(16), wrappedKey: new Uint8Array(24) } as const;
  const hsreq = { srtVersion: "1.5.2", flags: 0, receiverLatencyMs: 0, senderLatencyMs: 0 };
  const extensions = encodeExtensions([
    { command: EXTENSION_COMMAND.HSREQ, data: encodeHsreq(hsreq) },
    { command: EXTENSION_COMMAND.KMREQ, data: encodeKeyMaterial({ ...key, cipher: KMREQ_CIPHER.AES_GCM, auth: 1 }) },
  ]);
  const conclusion: Handshake = {
    ...induction,
    version: HANDSHAKE_VERSION.HSV5,
    extension: HSREQ | KMREQ,
    type: HANDSHAKE_TYPE.CONCLUSION,
    cookie,
  };
  socket.send(encodeHandshake(conclusion, extensions));
  return (await receiveAnswer(socket))?.type === REJECTION_BASE + REJECTION.BADSECRET;
}

/** Returns the next handshake, or null if none arrives in time. */
async function receiveAnswer(socket: CallerSocket): Promise<Handshake | null> {
  const buffer = new Uint8Array(2048);
  const deadlineMs = performance.now() + ANSWER_MS;
  while (performance.now() < deadlineMs) {
    const length = socket.peek(buffer);
    if (typeof length === "number") {
      socket.drop();
      const handshake = decodeHandshake(buffer.subarray(0, length));
      return handshake.kind === "handshake" ? handshake : null;
    }
    await sleep(CHECK_MS);
  }
  return null;
}
