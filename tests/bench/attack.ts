/**
 * The listener under attack, in figures: a flood of forged INDUCTIONs, callers with the right cookie that never send anything
 * else, a million mutated handshakes, and packets from a caller's own address that no encoder sends. Everything on loopback.
 *
 * Usage: `deno task bench:attack [SEED [PART...]]`; PART is `flood`, `unproven`, `mutated` or `packets`.
 *
 * @module
 */

import { CONCLUSION_PLAIN } from "../fixtures/handshakes.ts";
import { Flood } from "../support/flood.ts";
import { callWithEach } from "../support/hostile_packets.ts";
import { RAW_SOCKETS } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, memoryMb } from "../support/processes.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { median } from "./measure.ts";
import { sendMutatedHandshakes } from "./mutated_handshakes.ts";
import { type Figure, printTable } from "./table.ts";

const FLOOD = { perSecond: 50_000, seconds: 10 } as const;
const CALLS = 20;
const SILENT_CALLERS = 40;
const MUTATED = 1_000_000;
const MEMORY_MB = 20;
const CONNECT_MS = 100;
/** Processes that callers may have together before any of them has sent payload. */
const UNPROVEN = 8;
/** How often memory is measured, in ms. */
const MEASURE_MS = 200;
/** How long after an attack the memory is measured again, in ms. */
const CALM_MS = 15_000;

if (import.meta.main) {
  const [seed = crypto.getRandomValues(new Uint32Array(1))[0], ...chosen] = Deno.args;
  const parts = { flood: measureFlood, unproven, mutated: () => mutated(Number(seed)), packets: hostile };
  Deno.exitCode = await printTable(parts, chosen);
}

/** Measures a flood of forged INDUCTIONs while one caller is recorded and others connect. */
export async function measureFlood(): Promise<readonly Figure[]> {
  const missing = RAW_SOCKETS();
  if (missing !== null) throw new Error(`${missing}; run it as root`);
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  await using running = await SrtCaller.connect({ port: splitter.port, streamId: "running" });
  const { file } = await splitter.event("session-start");
  const payload = makePayload(5000);
  const sending = running.send(payload, { bitsPerSecond: 4_000_000 }); // thirteen seconds
  await warmUp(splitter.port);
  const before = memoryMb(splitter.pid);
  let most = before;
  const sampling = setInterval(() => most = Math.max(most, memoryMb(splitter.pid)), MEASURE_MS);
  await using flood = new Flood({ port: splitter.port, ...FLOOD });
  await splitter.errorLine(/handshake flood/);
  const connectMs: number[] = [];
  let lost = 0;
  for (let call = 0; call < CALLS; call += 1) {
    try {
      await using caller = await SrtCaller.connect({ port: splitter.port, streamId: `call${call}` });
      connectMs.push(caller.connectMs);
    } catch {
      lost += 1; // refused, or no answer in time
    }
  }
  const sent = await flood.ended();
  clearInterval(sampling);
  await sending;
  await running.waitUntilDelivered();
  running.close();
  await splitter.event("session-end", ({ stream }) => stream === "running");
  const exact = equal(Deno.readFileSync(file ?? ""), payload);
  const strangers = sessionsOfStrangers(splitter);
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  const after = memoryMb(splitter.pid);
  const typicalMs = median(connectMs);
  return [
    figure(
      "forged INDUCTIONs sent",
      `${sent}`,
      `${FLOOD.perSecond * FLOOD.seconds}`,
      sent >= FLOOD.perSecond * FLOOD.seconds * 0.9,
    ),
    figure("processes for them", `${strangers}`, "0", strangers === 0),
    figure(
      "memory of the listener, maximum",
      `+${(most - before).toFixed(1)} MB`,
      `< ${MEMORY_MB} MB`,
      most - before < MEMORY_MB,
    ),
    figure(
      "memory of the listener, after",
      `+${(after - before).toFixed(1)} MB`,
      `< ${MEMORY_MB} MB`,
      after - before < MEMORY_MB,
    ),
    figure("running recording byte-exact", `${exact}`, "true", exact),
    figure(
      `connect time of ${CALLS} callers, median`,
      `${typicalMs.toFixed(1)} ms`,
      `<= ${CONNECT_MS} ms`,
      typicalMs <= CONNECT_MS,
    ),
    figure("callers that could not connect", `${lost}`, "0", lost === 0),
  ];
}

async function unproven(): Promise<readonly Figure[]> {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"]);
  const callers: RawCaller[] = [];
  try {
    for (let index = 0; index < SILENT_CALLERS; index += 1) {
      const caller = new RawCaller(splitter.port);
      callers.push(caller);
      await caller.conclude(CONCLUSION_PLAIN);
    }
    const processes = childrenOf(splitter.pid).length;
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "real" });
    const connectMs = caller.connectMs;
    return [
      figure(
        `processes for ${SILENT_CALLERS} callers that prove nothing`,
        `${processes}`,
        `<= ${UNPROVEN}`,
        processes <= UNPROVEN,
      ),
      figure("a real caller meanwhile", `${connectMs.toFixed(1)} ms`, "connects", true),
    ];
  } finally {
    for (const caller of callers) caller[Symbol.dispose]();
  }
}

async function mutated(seed: number): Promise<readonly Figure[]> {
  console.log(`mutated handshakes: seed ${seed}`);
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await warmUp(splitter.port);
  const before = memoryMb(splitter.pid);
  const sent = await sendMutatedHandshakes({ port: splitter.port, count: MUTATED, seed });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "real" });
  caller.close();
  await splitter.event("session-end", ({ stream }) => stream === "real");
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  const after = memoryMb(splitter.pid);
  const strangers = sessionsOfStrangers(splitter);
  return [
    figure("mutated handshakes sent", `${sent}`, `${MUTATED}`, sent >= MUTATED),
    figure("sessions for them", `${strangers}`, "0", strangers === 0),
    figure(
      "lines printed about them",
      `${splitter.eventsNamed("refused").length}`,
      "<= 100",
      splitter.eventsNamed("refused").length <= 100,
    ),
    figure(
      "memory of the listener, after",
      `+${(after - before).toFixed(1)} MB`,
      `< ${MEMORY_MB} MB`,
      after - before < MEMORY_MB,
    ),
    figure("a real caller at the end", `${caller.connectMs.toFixed(1)} ms`, "connects", true),
  ];
}

/** For each packet, the end of its caller's session, and whether its recording and that of a bystander are right. */
async function hostile(): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
  const figures: Figure[] = [];
  for (const { packet: { what, right }, call } of callWithEach(splitter)) {
    const { end, fault, bystanderFault } = await call;
    const measured = [end.reason, fault === null ? "exact" : "WRONG", bystanderFault === null ? "exact" : "WRONG"].join(
      ", ",
    );
    const wanted = `${right.reason}, exact, exact`;
    figures.push(figure(what, measured, `${wanted} (end, recording, bystander)`, measured === wanted));
  }
  return figures;
}

/** Counts the sessions whose stream name is not one that a real caller of this benchmark sends. */
function sessionsOfStrangers(splitter: Splitter): number {
  const names = ["running", "warm-up", "real"];
  return splitter.eventsNamed("session-start").filter(({ stream }) => {
    return stream === null || !(names.includes(stream) || /^call\d+$/.test(stream));
  }).length;
}

/** Connects some callers first, because what a listener loads for its first callers is not the cost of an attack. */
async function warmUp(port: number): Promise<void> {
  for (let call = 0; call < 3; call += 1) {
    await using caller = await SrtCaller.connect({ port, streamId: "warm-up" });
    caller.close();
  }
}

function figure(what: string, measured: string, toReach: string, holds: boolean): Figure {
  return { what, measured, toReach, holds };
}

function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
