/**
 * The smallest program in Deno that records one SRT caller: what a session would need without everything else that srt-splitter
 * does.
 *
 * Arguments: libsrt, the port on 127.0.0.1, and the file. Writes a byte to stdout when it listens.
 *
 * @module
 */

import { LIBSRT_SYMBOLS } from "../../mod/srt/raw.ts";

const {
  srt_startup,
  srt_setloglevel,
  srt_create_socket,
  srt_listen,
} = LIBSRT_SYMBOLS;

/** `LOG_CRIT` of syslog.h. */
const LOG_CRIT = 2;
const AF_INET = 2;
const MESSAGE_BYTES = 1456;

if (import.meta.main) await main(Deno.args);

async function main([libsrt = "", port = "", file = ""]: readonly string[]): Promise<void> {
  const { symbols } = Deno.dlopen(libsrt, {
    srt_startup,
    srt_setloglevel,
    srt_create_socket,
    srt_listen,
    // int srt_bind(SRTSOCKET u, const struct sockaddr* name, int namelen);
    srt_bind: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    // the two below wait
    srt_accept: { parameters: ["i32", "pointer", "pointer"], result: "i32", nonblocking: true },
    srt_recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32", nonblocking: true },
  });
  symbols.srt_startup();
  symbols.srt_setloglevel(LOG_CRIT);
  const listener = symbols.srt_create_socket();
  const address = new DataView(new ArrayBuffer(16)); // struct sockaddr_in
  address.setUint16(0, AF_INET, true);
  address.setUint16(2, Number(port));
  address.setUint32(4, 0x7f00_0001);
  symbols.srt_bind(listener, address, address.byteLength);
  symbols.srt_listen(listener, 1);
  using recording = Deno.openSync(file, { write: true, create: true });
  Deno.stdout.writeSync(new Uint8Array(1));
  const connection = await symbols.srt_accept(listener, null, null);
  const message = new Uint8Array(MESSAGE_BYTES);
  for (let bytes = 0; bytes >= 0; bytes = await symbols.srt_recvmsg(connection, message, MESSAGE_BYTES)) {
    recording.writeSync(message.subarray(0, bytes));
  }
}
