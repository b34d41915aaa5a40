/**
 * The smallest program in Deno that records one SRT caller: what a session would need without everything else that srt-splitter
 * does. Ten times a second, as a session does, it receives all that is due, and writes it.
 *
 * Arguments: libsrt, the port on 127.0.0.1, and the file. Writes a byte to stdout when it listens. Ends with its caller.
 *
 * @module
 */

import { sleep } from "../../mod/os/timer.ts";
import { LIBSRT_SYMBOLS } from "../../mod/srt/raw.ts";

const {
  srt_startup,
  srt_setloglevel,
  srt_create_socket,
  srt_listen,
  srt_accept,
  srt_setsockflag,
  srt_getsockflag,
  srt_getsockstate,
} = LIBSRT_SYMBOLS;

/** `LOG_CRIT` of syslog.h. */
const LOG_CRIT = 2;
const AF_INET = 2;
const MESSAGE_BYTES = 1456;
const BUFFER_BYTES = 1_048_576;
const ROUND_MS = 100;
/** Options and values of `srt.h`. */
const SRTO_RCVSYN = 2;
const SRTO_EVENT = 18;
const SRT_EPOLL_IN = 1;
/** The state of a connected socket, in `srt.h`. */
const CONNECTED = 5;

if (import.meta.main) await main(Deno.args);

async function main([libsrt = "", port = "", file = ""]: readonly string[]): Promise<void> {
  const { symbols } = Deno.dlopen(libsrt, {
    srt_startup,
    srt_setloglevel,
    srt_create_socket,
    srt_listen,
    srt_setsockflag,
    srt_getsockflag,
    srt_getsockstate,
    // int srt_bind(SRTSOCKET u, const struct sockaddr* name, int namelen);
    srt_bind: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    // int srt_recvmsg(SRTSOCKET u, char* buf, int len);
    srt_recvmsg: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    srt_accept: { ...srt_accept, nonblocking: true },
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
  symbols.srt_setsockflag(connection, SRTO_RCVSYN, new Int32Array([0]), 4);
  const buffer = new Uint8Array(BUFFER_BYTES);
  const [events, length] = [new Int32Array(1), new Int32Array([4])];
  // asking is cheaper than a call of srt_recvmsg that finds nothing, which throws a C++ exception
  const hasMessage = () =>
    symbols.srt_getsockflag(connection, SRTO_EVENT, events, length) === 0 && ((events[0] ?? 0) & SRT_EPOLL_IN) !== 0;
  while (symbols.srt_getsockstate(connection) === CONNECTED || hasMessage()) {
    let bytes = 0;
    while (bytes <= BUFFER_BYTES - MESSAGE_BYTES && hasMessage()) {
      const received = symbols.srt_recvmsg(connection, buffer.subarray(bytes), MESSAGE_BYTES);
      if (received < 0) throw new Error("cannot receive");
      bytes += received;
    }
    recording.writeSync(buffer.subarray(0, bytes));
    await sleep(ROUND_MS);
  }
}
