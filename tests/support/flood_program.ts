/**
 * A program that floods a port of 127.0.0.1 with forged INDUCTIONs from random addresses of 127.0.0.0/8, and prints how many the
 * kernel accepted. `deno run -A tests/support/flood_program.ts PORT PER_SECOND SECONDS`
 *
 * @module
 */

import { bytes, INDUCTION } from "../fixtures/handshakes.ts";
import { ForgedDatagrams } from "./forged_datagrams.ts";

/** Datagrams in one call of the kernel. */
const BATCH = 50;
/** How often it wakes, in ms. */
const PACE_MS = 1;
/** 127.0.0.0, and the 24 bits below it. */
const LOOPBACK = 0x7f000000;
const HOSTS = 0x1000000;
const FIRST_PORT = 1024;
const PORTS = 64_512;

if (import.meta.main) {
  const [port = 0, perSecond = 0, seconds = 0] = Deno.args.map(Number);
  console.log(JSON.stringify({ sent: await flood(port, perSecond, seconds) }));
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
