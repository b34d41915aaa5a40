/**
 * A program that floods a port of 127.0.0.1 with forged INDUCTIONs from random addresses of 127.0.0.0/8, and prints how many
 * the kernel accepted. `deno run -A tests/support/flood_program.ts PORT PER_SECOND SECONDS`; with `handshakes` as a fourth
 * argument, each source also sends a CONCLUSION with the predicted cookie, as if it had received the answer, and the program
 * prints the number of sources.
 *
 * @module
 */

import { predictCookie } from "../../mod/packet/cookie.ts";
import { bytes, CONCLUSION_PLAIN, INDUCTION } from "../fixtures/handshakes.ts";
import { ForgedDatagrams } from "./forged_datagrams.ts";
import { conclusionAfter } from "./raw_caller.ts";

/** Datagrams that are sent with one system call. */
const BATCH = 50;
/** How long an answer would take, in ms. */
const ANSWER_MS = 50;
/** Time between two batches, in ms. */
const PACE_MS = 1;
/** 127.0.0.0, and the 24 bits below it. */
const LOOPBACK = 0x7f000000;
const HOSTS = 0x1000000;
const FIRST_PORT = 1024;
const PORTS = 64_512;

if (import.meta.main) {
  const [port = 0, perSecond = 0, seconds = 0] = Deno.args.slice(0, 3).map(Number);
  const forge = Deno.args[3] === "handshakes" ? forgeHandshakes : flood;
  console.log(JSON.stringify({ sent: await forge(port, perSecond, seconds) }));
}

async function flood(port: number, perSecond: number, seconds: number): Promise<number> {
  const induction = bytes(INDUCTION);
  using forged = new ForgedDatagrams({ port, payloadBytes: induction.length, batch: BATCH });
  const startedMs = performance.now();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedMs) {
    const due = elapsedMs / 1000 * perSecond;
    while (sent < due) {
      for (let index = 0; index < BATCH; index += 1) {
        const address = LOOPBACK + 2 + Math.floor(Math.random() * (HOSTS - 3));
        forged.set(index, { address, port: FIRST_PORT + Math.floor(Math.random() * PORTS) }, induction);
      }
      sent += forged.send();
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  return sent;
}

/** Each CONCLUSION follows its INDUCTION after {@linkcode ANSWER_MS}. */
async function forgeHandshakes(port: number, perSecond: number, seconds: number): Promise<number> {
  // all sources have the port of a socket that never answers: for a closed port the kernel would answer, and so end the
  // handshake
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const sourcePort = (silent.addr as Deno.NetAddr).port;
  const induction = bytes(INDUCTION);
  const conclusionBytes = bytes(CONCLUSION_PLAIN).length;
  using inductions = new ForgedDatagrams({ port, payloadBytes: induction.length });
  using conclusions = new ForgedDatagrams({ port, payloadBytes: conclusionBytes });
  const startedMs = performance.now();
  let sent = 0;
  for (let elapsedMs = 0; elapsedMs < seconds * 1000; elapsedMs = performance.now() - startedMs) {
    for (const due = elapsedMs / 1000 * perSecond; sent < due; sent += 1) {
      const source = { address: LOOPBACK + 2 + Math.floor(Math.random() * (HOSTS - 3)), port: sourcePort };
      inductions.set(0, source, induction);
      inductions.send();
      setTimeout(() => {
        const host = [24, 16, 8, 0].map((shift) => (source.address >>> shift) & 0xff).join(".");
        const cookie = predictCookie({ address: host, port: sourcePort });
        conclusions.set(0, source, conclusionAfter(cookie, CONCLUSION_PLAIN));
        conclusions.send();
      }, ANSWER_MS);
    }
    await new Promise((resolve) => setTimeout(resolve, PACE_MS));
  }
  await new Promise((resolve) => setTimeout(resolve, 2 * ANSWER_MS));
  silent.close();
  return sent;
}
