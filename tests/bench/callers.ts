/**
 * What callers notice in a crowd, and if a process is killed.
 *
 * @module
 */

import { makePayload } from "../support/payload.ts";
import { waitUntilGone } from "../support/processes.ts";
import { callRepeatedly, type RepeatedCall } from "../support/repeated_call.ts";
import { waitForSpares } from "../support/spares.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { runEmptyPrograms } from "./empty_program.ts";
import { median } from "./measure.ts";
import { ofPrograms } from "./receivers.ts";
import { isSame } from "./sessions.ts";
import type { Figure } from "./table.ts";

const MBIT = 1_000_000;
/** libsrt's default of `SRTO_CONNTIMEO`. */
export const CONNECT_TIMEOUT_MS = 3000;
const MAX_TRIES = 2;
/** Packets that each caller of a crowd sends, about five seconds at 2 Mbit/s. */
const CROWD_MESSAGES = 950;
const KILLS = 5;
/** Spares of the listener that a crowd calls: as many as without the option. */
const SPARES = 2;
/** How long a caller may take to notice that its process was killed, in ms. */
const NOTICE_MS = 50;

/**
 * Measures how many of `count` callers at the same moment are admitted and recorded exactly, and how long connecting takes.
 * They have libsrt's default timeout. A caller that is not admitted is counted, and does not end the measurement.
 *
 * @param options `maxMedianMs`: the connect time that the median must not exceed; null if any is accepted.
 */
export async function measureBurst(
  count: number,
  { maxMedianMs }: { readonly maxMedianMs: number | null },
): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    using folder = new TemporaryFolder();
    const args = ["127.0.0.1:0", "--out", folder.path, "--spares", `${SPARES}`, "--verbose"];
    await using splitter = await Splitter.listen(args, { executable });
    await waitForSpares(splitter, SPARES); // otherwise their start would take time from the first callers
    const payload = makePayload(CROWD_MESSAGES);
    const calls = await Promise.all(
      Array.from({ length: count }, (_, index) => callInCrowd(splitter.port, `cam${index}`, payload)),
    );
    const admitted = calls.filter((call) => call !== null);
    const recorded = () => splitter.eventsNamed("session-end").filter(({ bytes }) => bytes > 0);
    await splitter.event("session-end", () => recorded().length === admitted.length);
    const exact = recorded().filter(({ file }) => isSame(Deno.readFileSync(file ?? ""), payload)).length;
    const first = admitted.filter(({ tries }) => tries === 1).length;
    const times = admitted.map(({ connectMs }) => connectMs);
    const half = count / 2;
    const emptyMs = await runEmptyPrograms(half, { parallel: navigator.hardwareConcurrency });
    const what = `${count} callers at the same moment, ${program}`;
    return [
      {
        what: `${what}: admitted and exact`,
        measured: `${admitted.length} admitted, ${first} at the first try, ${exact} exact`,
        peer: "srt-live-transmit: one caller only",
        toReach: count <= 40 ? "all at the first try" : `all within ${MAX_TRIES} tries`,
        holds: exact === count && (count > 40 || first === count),
      },
      {
        what: `${what}: time until connected`,
        measured: describe(times),
        empty: `half as many start in ${emptyMs.toFixed(0)} ms`,
        ...(maxMedianMs === null
          ? {}
          : { toReach: `median <= ${maxMedianMs} ms`, holds: median(times) <= maxMedianMs }),
      },
    ];
  });
}

/** Connects within {@linkcode MAX_TRIES} tries and sends, or returns null. `connectMs` is from the first try. */
async function callInCrowd(
  port: number,
  streamId: string,
  payload: Uint8Array<ArrayBuffer>,
): Promise<Omit<RepeatedCall, "caller"> | null> {
  const call = await callRepeatedly({ port, streamId, connectTimeoutMs: CONNECT_TIMEOUT_MS }, MAX_TRIES);
  if (call === null) return null;
  await using caller = call.caller;
  await caller.send(payload, { bitsPerSecond: 2 * MBIT });
  await caller.waitUntilDelivered();
  return call;
}

/** Kills a listener while it records, and starts a new one in its place. */
export async function measureKilledListener(): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  const out = ["--out", folder.path];
  await using killed = await Splitter.listen(["127.0.0.1:0", ...out]);
  await using caller = await SrtCaller.connect({ port: killed.port, streamId: "cam" });
  const { file, pid } = await killed.recording();
  const payload = makePayload(3000);
  const sending = caller.send(payload, { bitsPerSecond: 8 * MBIT });
  killed.signal("SIGKILL");
  await killed.ended();
  await using next = await Splitter.listen([`127.0.0.1:${killed.port}`, ...out]);
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  await waitUntilGone(pid);
  await next.stop(); // all that it printed has been read
  const isExact = isSame(Deno.readFileSync(file), payload);
  const isAdopted = next.eventsNamed("session-end").length === 1;
  return [
    {
      what: "SIGKILL of the listener: recording",
      measured: isExact ? "exact" : "NOT exact",
      toReach: "exact",
      holds: isExact,
    },
    {
      what: "SIGKILL of the listener: its session in a new listener",
      measured: isAdopted ? "adopted" : "not adopted",
      toReach: "adopted",
      holds: isAdopted,
    },
  ];
}

/** Measures when a caller notices that its process was killed, and what another caller loses by that. */
export async function measureKilledSession(): Promise<readonly Figure[]> {
  const times: number[] = [];
  let exact = 0;
  for (let index = 0; index < KILLS; index += 1) {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path, "--stats", "100ms"]);
    await using other = await SrtCaller.connect({ port: splitter.port, streamId: "other" });
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "killed" });
    const { pid } = await splitter.event("session-start", ({ stream }) => stream === "killed");
    const payload = makePayload(1000);
    const sending = [other.send(payload, { bitsPerSecond: 8 * MBIT }), caller.send(payload).catch(() => {})];
    await splitter.event("stats", ({ bytes }) => bytes > 0);
    Deno.kill(pid, "SIGKILL");
    times.push(await caller.waitUntilBroken());
    await Promise.all(sending);
    await other.waitUntilDelivered();
    other.close();
    const { file } = await splitter.event("session-end", ({ stream }) => stream === "other");
    if (isSame(Deno.readFileSync(file ?? ""), payload)) exact += 1;
  }
  return [
    {
      what: "SIGKILL of a session: time until its caller notices it",
      measured: describe(times),
      peer: "libsrt's timeout: 5 s",
      toReach: `<= ${NOTICE_MS} ms`,
      holds: median(times) <= NOTICE_MS,
    },
    {
      what: "SIGKILL of a session: recording of another caller",
      measured: `${exact} of ${KILLS} exact`,
      toReach: "all",
      holds: exact === KILLS,
    },
  ];
}

/** Returns the median of connect times and the longest of them, as text. */
export function describe(times: readonly number[]): string {
  const digits = median(times) < 20 ? 1 : 0;
  return `median of ${times.length}: ${median(times).toFixed(digits)} ms, max ${Math.max(...times).toFixed(digits)} ms`;
}
