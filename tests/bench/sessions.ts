/**
 * What a session costs: processor time and memory of its process, and processor time of the listener.
 *
 * @module
 */

import { losesPermanently, LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { freePort, LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";
import { median, proportionalMegabytes, threadsMs, threadTimes, waitUntilQuiet } from "./measure.ts";
import { emptyProgramMegabytes, recorderCommand, SmallPrograms } from "./empty_program.ts";
import { ofPrograms, type Receiver, startLiveTransmit, startSmallestRecorder, startSplitter } from "./receivers.ts";
import type { Figure } from "./table.ts";

const MBIT = 1_000_000;
/** 37.5 MB in whole messages. */
const MESSAGES = Math.round(37_500_000 / LIVE_MESSAGE_BYTES);
/** Ten seconds at 20 Mbit/s. */
const LOSSY = { percent: 10, mbitPerSecond: 20, messages: messagesOf(20, 10) } as const;
/** A recording that has not grown for this long is complete. */
const REST_MS = 500;
const MANY = { sessions: 16, mbitPerSecond: 2, seconds: 8 } as const;
/** Our choice of goals: 15 ms are 0.15 % of the time of a file of 10 s. */
const SEGMENTED = { mbitPerSecond: 100, runs: 5, streamSeconds: 20, maxRatio: 1.1, maxFileMs: 15 } as const;
/** Memory that a session may add, in MB. */
const MAX_MEGABYTES = { "from source": 14, executable: 17 } as const;
const UPKEEP_SECONDS = 10;
/** Maximum processor time that a silent session and its listener need in half a second, in ms. */
const SESSION_QUIET_MS = 15;

/**
 * Processor time and exactness of 37.5 MB, sent packet by packet and in bursts of 5 ms. The median of some runs counts, in which
 * all programs run in turn: srt-splitter, srt-live-transmit and the smallest recorder in Deno.
 *
 * @param maxRatio The goal if the caller sends packet by packet, as a multiple of srt-live-transmit's processor time.
 */
export async function measureSessions(
  mbitPerSecond: number,
  { runs, maxRatio }: { readonly runs: number; readonly maxRatio: number },
): Promise<readonly Figure[]> {
  const payload = makePayload(MESSAGES);
  return await ofPrograms(async (executable, program) => {
    const figures: Figure[] = [];
    for (const isPaced of [true, false]) {
      const ours: SessionCost[] = [];
      const theirs: SessionCost[] = [];
      const smallest: SessionCost[] = [];
      for (let run = 0; run < runs; run += 1) {
        const how = { mbitPerSecond, isPaced };
        ours.push(await measureSession(() => startSplitter(executable), payload, how));
        theirs.push(await measureSession(startLiveTransmit, payload, how));
        smallest.push(await measureSession(startSmallestRecorder, payload, how));
      }
      const seconds = medianSeconds(ours);
      const peerSeconds = medianSeconds(theirs);
      const leastSeconds = medianSeconds(smallest);
      const ratio = seconds / peerSeconds;
      const what = `37.5 MB at ${mbitPerSecond} Mbit/s ${isPaced ? "packet by packet" : "in bursts"}, ${program}`;
      figures.push({
        what: `${what}: processor time`,
        measured: `${ratio.toFixed(2)} x (${seconds.toFixed(2)} s)`,
        peer: `srt-live-transmit: ${peerSeconds.toFixed(2)} s`,
        empty: `smallest recorder: ${leastSeconds.toFixed(2)} s`,
        ...(isPaced ? { toReach: `<= ${maxRatio} x`, holds: ratio <= maxRatio } : {}),
      }, {
        ...exactness(`${what}: recording`, ours.every(({ isExact }) => isExact)),
        ...describeMissing(ours),
        empty: `smallest recorder: ${smallest.every(({ isExact }) => isExact) ? "exact" : "NOT exact"}`,
      });
    }
    return figures;
  });
}

function medianSeconds(costs: readonly SessionCost[]): number {
  return median(costs.map(({ seconds }) => seconds));
}

/** What one session needed. */
interface SessionCost {
  readonly seconds: number;
  readonly isExact: boolean;
  /** Number of files of its recording. */
  readonly files: number;
  /** Bytes that were sent and are not recorded. */
  readonly missingBytes: number;
  /** Packets that the program reported as missing; null if it reports none. */
  readonly missingPackets: number | null;
}

async function measureSession(
  start: () => Promise<Receiver>,
  payload: Uint8Array<ArrayBuffer>,
  { mbitPerSecond, isPaced }: { readonly mbitPerSecond: number; readonly isPaced: boolean },
): Promise<SessionCost> {
  const bitsPerSecond = mbitPerSecond * MBIT;
  await using receiver = await start();
  await using caller = await SrtCaller.connect({
    port: receiver.port,
    ...(isPaced ? { pacedBitsPerSecond: bitsPerSecond } : {}),
  });
  await caller.send(payload, { bitsPerSecond });
  await caller.waitUntilDelivered();
  // srt-live-transmit writes the last of its own buffer when it ends
  await waitUntil("the recording", () => receiver.bytes() >= payload.length - 65_536);
  caller.close();
  const { content, ...cost } = await receiver.finish();
  return { ...cost, isExact: isSame(content, payload), missingBytes: payload.length - content.length };
}

/**
 * Measures the processor time of 37.5 MB of video in one file and in many, and computes from both what each new file costs. Also
 * measures it in one file with `--segment`, before a new file is due.
 */
export async function measureSegments(): Promise<readonly Figure[]> {
  using folder = new TemporaryFolder();
  const stream = await makeTestStream(folder.file("sent.ts"), SEGMENTED.streamSeconds);
  const payload = new Uint8Array(MESSAGES * LIVE_MESSAGE_BYTES).map((_byte, index) =>
    stream[index % stream.length] ?? 0
  );
  return await ofPrograms(async (executable, program) => {
    const how = { mbitPerSecond: SEGMENTED.mbitPerSecond, isPaced: false };
    const cut: SessionCost[] = [];
    const whole: SessionCost[] = [];
    const notDue: SessionCost[] = [];
    for (let run = 0; run < SEGMENTED.runs; run += 1) {
      for (
        const [costs, options] of [[cut, ["--segment-size", "2MB"]], [notDue, ["--segment", "1h"]], [
          whole,
          [],
        ]] as const
      ) {
        costs.push(await measureSession(() => startSplitter(executable, options), payload, how));
      }
    }
    const cutSeconds = median(cut.map(({ seconds }) => seconds));
    const notDueSeconds = median(notDue.map(({ seconds }) => seconds));
    const wholeSeconds = median(whole.map(({ seconds }) => seconds));
    const files = median(cut.map((cost) => cost.files));
    const fileMs = (cutSeconds - wholeSeconds) / (files - 1) * 1000;
    const ratio = notDueSeconds / wholeSeconds;
    const peer = `without: ${wholeSeconds.toFixed(2)} s`;
    return [{
      what:
        `37.5 MB at ${SEGMENTED.mbitPerSecond} Mbit/s with --segment, before a new file is due, ${program}: processor time`,
      measured: `${ratio.toFixed(2)} x (${notDueSeconds.toFixed(2)} s)`,
      peer,
      toReach: `<= ${SEGMENTED.maxRatio} x`,
      holds: ratio <= SEGMENTED.maxRatio,
    }, {
      what: `each new file, of ${files} with --segment-size 2MB, ${program}: processor time`,
      measured: `${fileMs.toFixed(1)} ms`,
      peer,
      toReach: `<= ${SEGMENTED.maxFileMs} ms`,
      holds: fileMs <= SEGMENTED.maxFileMs,
    }, exactness(`the same ${files} files, ${program}: recording`, cut.every(({ isExact }) => isExact))];
  });
}

/** A link that loses packets and their retransmissions: whether the recording is what arrived, and the processor time. */
export async function measureLossyLink(): Promise<readonly Figure[]> {
  const payload = makePayload(LOSSY.messages);
  const theirs = await measureLoss(startLiveTransmit, payload);
  return await ofPrograms(async (executable, program) => {
    const ours = await measureLoss(() => startSplitter(executable), payload);
    const what = `${LOSSY.percent} % lost permanently at ${LOSSY.mbitPerSecond} Mbit/s, ${program}`;
    return [
      {
        what: `${what}: processor time`,
        measured: `${(ours.seconds / theirs.seconds).toFixed(2)} x (${ours.seconds.toFixed(2)} s)`,
        peer: `srt-live-transmit: ${theirs.seconds.toFixed(2)} s`,
      },
      exactness(`${what}: recording of what arrived`, ours.isExact),
    ];
  });
}

async function measureLoss(
  start: () => Promise<Receiver>,
  payload: Uint8Array<ArrayBuffer>,
): Promise<SessionCost> {
  await using receiver = await start();
  await using link = new LossyLink(receiver.port, { data: losesPermanently(LOSSY.percent) });
  await using caller = await SrtCaller.connect({ port: link.port });
  await caller.send(payload, { bitsPerSecond: LOSSY.mbitPerSecond * MBIT });
  await caller.waitUntilDelivered();
  await waitUntilAtRest(receiver); // neither program is measured while it still receives
  caller.close();
  const { content, ...cost } = await receiver.finish();
  return { ...cost, isExact: isSame(content, link.arrived), missingBytes: link.arrived.length - content.length };
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

/** Memory that each of 16 sessions adds to that of all processes (PSS). */
export async function measureMemory(): Promise<readonly Figure[]> {
  const empty = await emptyProgramMegabytes(MANY.sessions);
  const smallest = await smallestRecorderMegabytes(MANY.sessions);
  return await ofPrograms(async (executable, program) => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { executable });
    const before = proportionalMegabytes(splitter.pid);
    const payload = makePayload(messagesOf(MANY.mbitPerSecond, MANY.seconds));
    const callers: SrtCaller[] = [];
    try {
      for (let index = 0; index < MANY.sessions; index += 1) {
        callers.push(await SrtCaller.connect({ port: splitter.port }));
      }
      await sendFrom(callers, payload);
      const added = (proportionalMegabytes(splitter.pid) - before) / MANY.sessions;
      const most = MAX_MEGABYTES[executable === null ? "from source" : "executable"];
      return [{
        what: `memory that each of ${MANY.sessions} sessions adds (PSS), ${program}`,
        measured: `${added.toFixed(1)} MB`,
        peer: `smallest recorder in Deno: ${smallest.toFixed(1)} MB`,
        empty: `${empty.toFixed(1)} MB`,
        toReach: `<= ${most} MB`,
        holds: added <= most,
      }];
    } finally {
      for (const caller of callers) caller.close();
    }
  });
}

/** Memory of each of `count` smallest recorders that run at the same time and receive the same payload. */
async function smallestRecorderMegabytes(count: number): Promise<number> {
  using folder = new TemporaryFolder();
  const ports = Array.from({ length: count }, freePort);
  await using programs = await SmallPrograms.start(
    ports.map((port) => recorderCommand(port, folder.file(`${port}.ts`))),
  );
  const callers = await Promise.all(ports.map((port) => SrtCaller.connect({ port })));
  try {
    await sendFrom(callers, makePayload(messagesOf(MANY.mbitPerSecond, MANY.seconds)));
    return programs.megabytesOfEach;
  } finally {
    for (const caller of callers) caller.close();
  }
}

async function sendFrom(callers: readonly SrtCaller[], payload: Uint8Array<ArrayBuffer>): Promise<void> {
  await Promise.all(callers.map(async (caller) => {
    await caller.send(payload, { bitsPerSecond: MANY.mbitPerSecond * MBIT });
    await caller.waitUntilDelivered();
  }));
}

/** Processor time that the listener itself, and a session's process, need in a second: without payload, and with some. */
export async function measureUpkeep(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
    await using caller = await SrtCaller.connect({ port: splitter.port });
    const { pid } = await splitter.event("session-start");
    await waitUntilQuiet(splitter.pid, SESSION_QUIET_MS); // the process for the next caller has started
    const payload = makePayload(messagesOf(2, UPKEEP_SECONDS));
    const situations = [
      ["a silent caller", () => new Promise((resolve) => setTimeout(resolve, UPKEEP_SECONDS * 1000))],
      ["a caller at 2 Mbit/s", () => caller.send(payload, { bitsPerSecond: 2 * MBIT })],
    ] as const;
    const figures: Figure[] = [];
    for (const [whose, pass] of situations) {
      const before = [threadTimes(splitter.pid), threadTimes(pid)] as const;
      await pass();
      const listener = threadsMs(splitter.pid, before[0]) / UPKEEP_SECONDS;
      const session = threadsMs(pid, before[1]) / UPKEEP_SECONDS;
      figures.push({
        what: `processor time of the listener and of the session of ${whose}, ${program}`,
        measured: `${listener.toFixed(1)} and ${session.toFixed(1)} ms a second`,
      });
    }
    return figures;
  });
}

function messagesOf(mbitPerSecond: number, seconds: number): number {
  return Math.round(seconds * mbitPerSecond * MBIT / 8 / LIVE_MESSAGE_BYTES);
}

function exactness(what: string, isExact: boolean): Figure {
  return { what, measured: isExact ? "exact" : "NOT exact", toReach: "exact", holds: isExact };
}

/** If bytes are missing: how many, and how many packets the sessions reported as missing, such as after a stall of the machine. */
function describeMissing(costs: readonly SessionCost[]): Partial<Pick<Figure, "measured">> {
  const bytes = costs.reduce((sum, { missingBytes }) => sum + missingBytes, 0);
  const packets = costs.reduce((sum, { missingPackets }) => sum + (missingPackets ?? 0), 0);
  return bytes === 0
    ? {}
    : { measured: `NOT exact: ${bytes / LIVE_MESSAGE_BYTES} packets missing, ${packets} of them reported` };
}

/** Reports whether two payloads are the same bytes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
