/**
 * The benchmark: srt-splitter and srt-live-transmit side by side on the same input in one run, printed as one table. If
 * SRT_SPLITTER names an executable, it has a column of its own beside the run from source.
 *
 * @module
 */

import { losesForGood, LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { CallerRefusedError, LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { median } from "./measure.ts";
import { type Receiver, startLiveTransmit, startSplitter } from "./receivers.ts";

const MBIT = 1_000_000;
const CONNECTS = 20;
const STARTS = 10;
/** 37.5 MB in whole messages. */
const MESSAGES = Math.round(37_500_000 / LIVE_MESSAGE_BYTES);
/** Ten seconds at 20 Mbit/s. */
const LOSSY = {
  percent: 10,
  mbitPerSecond: 20,
  messages: Math.round(10 * 20 * MBIT / 8 / LIVE_MESSAGE_BYTES),
} as const;
/** A recording that has not grown for this long is complete. */
const REST_MS = 500;
const MANY_CALLERS = 40;
/** Five seconds at 2 Mbit/s. */
const MANY_MESSAGES = Math.round(5 * 2 * MBIT / 8 / LIVE_MESSAGE_BYTES);

interface Row {
  readonly what: string;
  /** From source. */
  readonly splitter: string;
  /** The executable; absent if it is not measured. */
  readonly executable?: string;
  readonly peer: string;
  readonly ratio: string;
}

let exact = true;

if (import.meta.main) {
  const rows: Row[] = [await compareStarts()];
  if (EXECUTABLE !== null) rows.push(sizeOf(EXECUTABLE));
  rows.push(await compareConnects());
  for (const rate of [10, 100]) rows.push(...await compareSessions(rate));
  rows.push(...await compareLossyLinks());
  rows.push(...await measureManyCallers());
  rows.push(await measureFarewell());
  printTable(rows);
  Deno.exit(exact ? 0 : 1);
}

/** From the start of the program until it listens. */
async function compareStarts(): Promise<Row> {
  const times = async (executable: string | null) => {
    const result: number[] = [];
    for (let index = 0; index < STARTS; index += 1) {
      const startedMs = performance.now();
      await using _splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
      result.push(performance.now() - startedMs);
    }
    return `${median(result).toFixed(0)} ms (max ${Math.max(...result).toFixed(0)})`;
  };
  return {
    what: `start until it listens, median of ${STARTS}`,
    splitter: await times(null),
    ...await ofExecutable(times),
    peer: "",
    ratio: "",
  };
}

function sizeOf(executable: string): Row {
  const megabytes = (Deno.statSync(executable).size / 1e6).toFixed(1);
  return { what: "size", splitter: "", executable: `${megabytes} MB`, peer: "", ratio: "" };
}

/** The cell of the executable, if there is one. */
async function ofExecutable(measure: (executable: string) => Promise<string>): Promise<Pick<Row, "executable">> {
  return EXECUTABLE === null ? {} : { executable: await measure(EXECUTABLE) };
}

/** Connect time of a blocking caller, one after the other. */
async function compareConnects(): Promise<Row> {
  const ofSplitter = async (executable: string | null) => {
    await using splitter = await startSplitter(executable);
    return await connectTimes(splitter.port, CONNECTS);
  };
  const ours = await ofSplitter(null);
  const theirs: number[] = [];
  for (let index = 0; index < CONNECTS; index += 1) { // it accepts one caller only
    await using peer = await startLiveTransmit();
    theirs.push(...await connectTimes(peer.port, 1));
  }
  const describe = (times: readonly number[]) =>
    `${median(times).toFixed(1)} ms (max ${Math.max(...times).toFixed(1)})`;
  return {
    what: `connect time, median of ${CONNECTS}`,
    splitter: describe(ours),
    ...await ofExecutable(async (executable) => describe(await ofSplitter(executable))),
    peer: describe(theirs),
    ratio: (median(ours) / median(theirs)).toFixed(1),
  };
}

async function connectTimes(port: number, times: number): Promise<readonly number[]> {
  const result: number[] = [];
  for (let index = 0; index < times; index += 1) {
    await using caller = await SrtCaller.connect({ port });
    result.push(caller.connectMs);
    caller.close();
  }
  return result;
}

/** Processor time and memory of one session of 37.5 MB. */
async function compareSessions(mbitPerSecond: number): Promise<readonly Row[]> {
  const payload = makePayload(MESSAGES);
  const ours = await measureSession(() => startSplitter(null), payload, mbitPerSecond);
  const executable = EXECUTABLE === null
    ? null
    : await measureSession(() => startSplitter(EXECUTABLE), payload, mbitPerSecond);
  const theirs = await measureSession(startLiveTransmit, payload, mbitPerSecond);
  exact &&= ours.exact && executable?.exact !== false;
  const at = `at ${mbitPerSecond} Mbit/s`;
  return [
    {
      what: `processor time of 37.5 MB ${at}`,
      splitter: `${ours.seconds.toFixed(2)} s`,
      ...(executable === null ? {} : { executable: `${executable.seconds.toFixed(2)} s` }),
      peer: `${theirs.seconds.toFixed(2)} s`,
      ratio: (ours.seconds / theirs.seconds).toFixed(2),
    },
    {
      what: `private memory of the session ${at}`,
      splitter: `${ours.megabytes.toFixed(1)} MB`,
      ...(executable === null ? {} : { executable: `${executable.megabytes.toFixed(1)} MB` }),
      peer: `${theirs.megabytes.toFixed(1)} MB`,
      ratio: (ours.megabytes / theirs.megabytes).toFixed(1),
    },
    {
      what: `recording ${at}`,
      splitter: exactness(ours.exact),
      ...(executable === null ? {} : { executable: exactness(executable.exact) }),
      peer: exactness(theirs.exact),
      ratio: "",
    },
  ];
}

async function measureSession(
  start: () => Promise<Receiver>,
  payload: Uint8Array<ArrayBuffer>,
  mbitPerSecond: number,
): Promise<{ readonly seconds: number; readonly megabytes: number; readonly exact: boolean }> {
  await using receiver = await start();
  await using caller = await SrtCaller.connect({ port: receiver.port });
  await caller.send(payload, { bitsPerSecond: mbitPerSecond * MBIT });
  await caller.waitUntilDelivered();
  const megabytes = await receiver.privateMegabytes();
  // srt-live-transmit writes the last of its own buffer when it ends
  await waitUntil("the recording", () => receiver.bytes() >= payload.length - 65_536);
  caller.close();
  const { seconds, content } = await receiver.finish();
  return { seconds, megabytes, exact: content.length === payload.length && same(content, payload) };
}

/** A link that loses packets and their retransmissions: what arrived, what is in the recording, and the processor time. */
async function compareLossyLinks(): Promise<readonly Row[]> {
  const payload = makePayload(LOSSY.messages);
  const ours = await measureLossyLink(() => startSplitter(null), payload);
  const executable = EXECUTABLE === null ? null : await measureLossyLink(() => startSplitter(EXECUTABLE), payload);
  const theirs = await measureLossyLink(startLiveTransmit, payload);
  exact &&= ours.exact && executable?.exact !== false;
  const describe = ({ received, delivered, exact }: LossyResult) =>
    `${received} received, ${delivered} delivered, ${exactness(exact)}`;
  const what = `${LOSSY.percent} % lost permanently, ${LOSSY.mbitPerSecond} Mbit/s`;
  return [
    {
      what: `${what}: packets`,
      splitter: describe(ours),
      ...(executable === null ? {} : { executable: describe(executable) }),
      peer: describe(theirs),
      ratio: "",
    },
    {
      what: `${what}: processor time`,
      splitter: `${ours.seconds.toFixed(2)} s`,
      ...(executable === null ? {} : { executable: `${executable.seconds.toFixed(2)} s` }),
      peer: `${theirs.seconds.toFixed(2)} s`,
      ratio: (ours.seconds / theirs.seconds).toFixed(2),
    },
  ];
}

/** One session over the lossy link. */
interface LossyResult {
  /** Packets that the link delivered to the listener. */
  readonly received: number;
  /** Packets in the recording. */
  readonly delivered: number;
  /** Whether the recording is what was received. */
  readonly exact: boolean;
  readonly seconds: number;
}

async function measureLossyLink(
  start: () => Promise<Receiver>,
  payload: Uint8Array<ArrayBuffer>,
): Promise<LossyResult> {
  await using receiver = await start();
  await using link = new LossyLink(receiver.port, { data: losesForGood(LOSSY.percent) });
  await using caller = await SrtCaller.connect({ port: link.port });
  await caller.send(payload, { bitsPerSecond: LOSSY.mbitPerSecond * MBIT });
  await caller.waitUntilDelivered();
  await waitUntilAtRest(receiver); // neither program is measured while it still receives
  caller.close();
  const { seconds, content } = await receiver.finish();
  const { arrived } = link;
  return {
    received: arrived.length / LIVE_MESSAGE_BYTES,
    delivered: content.length / LIVE_MESSAGE_BYTES,
    exact: same(content, arrived),
    seconds,
  };
}

/** Waits until a recording has not grown for {@linkcode REST_MS}. */
async function waitUntilAtRest(receiver: Receiver): Promise<void> {
  let bytes = -1;
  let sinceMs = performance.now();
  await waitUntil("a recording at rest", () => {
    if (receiver.bytes() !== bytes) {
      bytes = receiver.bytes();
      sinceMs = performance.now();
    }
    return performance.now() - sinceMs >= REST_MS;
  });
}

/** Forty callers at once. One that does not get in is a figure, not an error. */
async function measureManyCallers(): Promise<readonly Row[]> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { executable: null });
  const payload = makePayload(MANY_MESSAGES);
  const calls = await Promise.all(Array.from({ length: MANY_CALLERS }, async (_, index) => {
    try {
      await using caller = await SrtCaller.connect({ port: splitter.port, streamId: `cam${index}` });
      await caller.send(payload, { bitsPerSecond: 2 * MBIT });
      await caller.waitUntilDelivered();
      return caller.connectMs;
    } catch (error) {
      if (error instanceof CallerRefusedError) return null;
      throw error;
    }
  }));
  const connectMs = calls.filter((call) => call !== null);
  const recorded = () => splitter.eventsNamed("session-end").filter(({ bytes }) => bytes > 0);
  await splitter.event("session-end", () => recorded().length === connectMs.length);
  const ends = recorded();
  const exactFiles = ends.filter(({ file }) => same(Deno.readFileSync(file ?? ""), payload)).length;
  exact &&= exactFiles === connectMs.length;
  const dropped = ends.reduce((sum, { statistics }) => sum + (statistics?.pktRcvDropTotal ?? 0), 0);
  return [
    {
      what: `${MANY_CALLERS} callers at 2 Mbit/s`,
      splitter: `${connectMs.length} connected, ${exactFiles} exact files, ${dropped} packets dropped`,
      peer: "one caller only",
      ratio: "",
    },
    {
      what: `connect time of ${MANY_CALLERS} callers at once`,
      splitter: `median ${median(connectMs).toFixed(0)} ms, max ${Math.max(...connectMs).toFixed(0)} ms`,
      peer: "",
      ratio: "",
    },
  ];
}

/** How long a caller takes to learn that its process was killed. */
async function measureFarewell(): Promise<Row> {
  const times: number[] = [];
  for (let index = 0; index < 5; index += 1) {
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"], { executable: null });
    await using caller = await SrtCaller.connect({ port: splitter.port });
    const { pid } = await splitter.event("session-start");
    const sending = caller.send(makePayload(2000), { bitsPerSecond: 8 * MBIT }).catch(() => {});
    await splitter.event("stats", ({ bytes }) => bytes > 0);
    Deno.kill(pid, "SIGKILL");
    times.push(await caller.waitUntilBroken());
    await sending;
  }
  return {
    what: "a killed process: its caller learns of it after",
    splitter: `median ${median(times).toFixed(0)} ms, max ${Math.max(...times).toFixed(0)} ms`,
    peer: "5 s (libsrt's time-out)",
    ratio: "",
  };
}

function same(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

function exactness(isExact: boolean): string {
  return isExact ? "exact" : "NOT exact";
}

function printTable(rows: readonly Row[]): void {
  const beside = (cell: string) => EXECUTABLE === null ? [] : [cell];
  const cells = [
    ["", "srt-splitter", ...beside("executable"), "srt-live-transmit", "ratio"],
    ["---", "---", ...beside("---"), "---", "---"],
    ...rows.map(({ what, splitter, executable, peer, ratio }) => [
      what,
      splitter,
      ...beside(executable ?? ""),
      peer,
      ratio,
    ]),
  ];
  for (const row of cells) console.log(`| ${row.join(" | ")} |`);
}
