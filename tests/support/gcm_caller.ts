/**
 * A caller that encrypts with AES-GCM. It needs a libsrt that was built for it: those of distributions cannot do this. `deno
 * run -A tests/support/gcm_caller.ts LIBSRT PORT PASSPHRASE KEY_LENGTH FILE` sends the file and exits with 0 once it has
 * arrived, with 1 if the call was refused.
 *
 * @module
 */

import { openLibc } from "../../mod/os/libc.ts";
import { encodeSocketAddress } from "../../mod/os/socket_address.ts";
import { openLibsrt } from "../../mod/srt/find_library.ts";
import { SrtSocket } from "../../mod/srt/socket.ts";
import { testProgram } from "./test_program.ts";

/** `SRTO_CRYPTOMODE` and `CIPHER_MODE_AES_GCM`, of builds with ENABLE_AEAD_API_PREVIEW. */
const [SRTO_CRYPTOMODE, AES_GCM] = [62, 2];
const MESSAGE_BYTES = 1316;
/** Pause between two messages, in ms: about 10 Mbit/s. */
const PACE_MS = 1;

/** How to call. */
export interface GcmCall {
  /** A libsrt with `SRTO_CRYPTOMODE`. */
  readonly libsrt: string;
  readonly port: number;
  readonly passphrase: string;
  readonly keyLength: number;
  readonly file: string;
}

/** Calls from a process of its own, and reports whether the file was sent. */
export async function callWithGcm({ libsrt, port, passphrase, keyLength, file }: GcmCall): Promise<boolean> {
  const args = [libsrt, port, passphrase, keyLength, file];
  const { code, stderr } = await testProgram(new URL(import.meta.url), args, { stdout: "null", stderr: "piped" })
    .output();
  if (code > 1) throw new Error(`cannot call: ${new TextDecoder().decode(stderr)}`);
  return code === 0;
}

if (import.meta.main) {
  const [libsrt = "", port, passphrase = "", keyLength, file = ""] = Deno.args;
  Deno.exit(await send({ libsrt, port: Number(port), passphrase, keyLength: Number(keyLength), file }));
}

/** Calls and sends the file; returns the exit code. */
async function send({ libsrt, port, passphrase, keyLength, file }: GcmCall): Promise<number> {
  using library = openLibsrt({ file: libsrt });
  const { symbols } = library;
  using socket = SrtSocket.create(symbols);
  socket.set("conntimeo", 60_000);
  socket.set("snddropdelay", -1);
  socket.set("pbkeylen", keyLength);
  socket.set("passphrase", passphrase);
  if (symbols.srt_setsockflag(socket.id, SRTO_CRYPTOMODE, Int32Array.of(AES_GCM), 4) !== 0) return 70;
  const address = encodeSocketAddress(openLibc(), { address: "127.0.0.1", port });
  if (symbols.srt_connect(socket.id, address, address.length) !== 0) return 1;
  const bytes = Deno.readFileSync(file);
  for (let offset = 0; offset < bytes.length; offset += MESSAGE_BYTES) {
    const message = bytes.slice(offset, offset + MESSAGE_BYTES);
    if (symbols.srt_sendmsg2(socket.id, message, message.length, null) !== message.length) return 71;
    await pause(PACE_MS);
  }
  while (socket.state === "connected" && socket.get("snddata") > 0) await pause(PACE_MS);
  return socket.state === "connected" ? 0 : 72;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
