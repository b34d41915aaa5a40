/**
 * The smallest two programs in Deno that hand callers over as srt-splitter does: a listener answers the INDUCTION of a caller, and
 * passes the connected socket, in which the CONCLUSION waits, to a process that has loaded libsrt and has rehearsed, as a spare
 * does. Nothing is judged, filtered, recorded or reported.
 *
 * Argument: libsrt. Before each caller, the listener writes the UDP port to call on 127.0.0.1 to stdout, once a process waits. It
 * starts the next process when a byte arrives on stdin. It ends at the end of stdin.
 *
 * @module
 */

import { Channel } from "../../mod/handoff/channel.ts";
import { CallerSocket } from "../../mod/os/caller_socket.ts";
import { InheritedSocket } from "../../mod/os/inherited_socket.ts";
import { type Libc, openLibc } from "../../mod/os/libc.ts";
import { MessageSocket } from "../../mod/os/message_socket.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { sleep } from "../../mod/os/timer.ts";
import { predictCookie } from "../../mod/packet/cookie.ts";
import { decodeHandshake, isInductionRequest } from "../../mod/packet/handshake.ts";
import { encodeInductionResponse } from "../../mod/packet/reply.ts";
import { rehearse } from "../../mod/session/rehearsal.ts";
import { loadLibsrt } from "../../mod/srt/library.ts";
import { acquireListener } from "../../mod/srt/listener.ts";

/** As for a spare. */
const V8_OPTION = "--v8-flags=--max-semi-space-size=1,--no-lazy-feedback-allocation";
const ADDRESS = "127.0.0.1";
const LATENCY_MS = 120;
const ACCEPT_MS = 3000;
/** How long the process of a caller keeps the connection. */
const SESSION_MS = 200;

if (import.meta.main) await main(Deno.args);

async function main([libsrt = "", descriptor]: readonly string[]): Promise<void> {
  const libc = openLibc();
  if (descriptor === undefined) await listen(libc, libsrt);
  else await accept(libc, { libsrt, descriptor: Number(descriptor) });
}

async function listen(libc: Libc, libsrt: string): Promise<void> {
  using readiness = new Readiness(libc);
  const socket = Deno.listenDatagram({ transport: "udp", hostname: ADDRESS, port: 0, reuseAddress: true });
  const local = { address: ADDRESS, port: (socket.addr as Deno.NetAddr).port };
  do {
    using channel = startProcess(libc, libsrt);
    await readiness.readable(channel.descriptor);
    Deno.stdout.writeSync(new TextEncoder().encode(`${local.port}\n`));
    const [datagram, address] = await socket.receive();
    const induction = decodeHandshake(datagram);
    if (!isInductionRequest(induction)) throw new Error("not an INDUCTION");
    const caller = { address: ADDRESS, port: (address as Deno.NetAddr).port };
    using callerSocket = CallerSocket.open(libc, { local, caller });
    callerSocket.send(encodeInductionResponse(induction, predictCookie(caller)));
    await readiness.readable(callerSocket.descriptor);
    channel.sendWithDescriptor("ticket", callerSocket.descriptor);
  } while (await Deno.stdin.read(new Uint8Array(1)) !== null);
  socket.close();
}

function startProcess(libc: Libc, libsrt: string): Channel {
  const [own, inherited] = MessageSocket.pair(libc);
  using _inherited = inherited;
  inherited.inherit((descriptor) =>
    new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--no-config",
        "--no-lock",
        "--cached-only",
        V8_OPTION,
        "-A",
        Deno.mainModule,
        libsrt,
        `${descriptor}`,
      ],
      stdin: "null",
    }).spawn().unref()
  );
  return new Channel(own);
}

async function accept(
  libc: Libc,
  { libsrt: file, descriptor }: { readonly libsrt: string; readonly descriptor: number },
): Promise<void> {
  using libsrt = loadLibsrt(file);
  using channel = new Channel(new MessageSocket(libc, descriptor));
  await rehearse(libsrt, libc);
  channel.send("waiting");
  const received = channel.receiveWithDescriptor({ wait: true });
  if (received.descriptor === null) return; // the listener has ended
  const socket = new InheritedSocket(libc, received.descriptor);
  using listener = socket.handOver({ address: ADDRESS }, (standIn) => {
    return acquireListener(libsrt, standIn, { latencyMs: LATENCY_MS, passphrase: null });
  });
  using connection = await listener.accept({ timeoutMs: ACCEPT_MS });
  if (connection === null) throw new Error("cannot accept the caller");
  await sleep(SESSION_MS);
}
