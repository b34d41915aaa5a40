/**
 * What a session costs: processor time, memory, and the time of the listener.
 *
 * @module
 */

import { losesForGood, LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { proportionalMegabytes, threadsMs } from "./measure.ts";
import { ofPrograms, type Receiver, startLiveTransmit, startSplitter } from "./receivers.ts";
import type { Figure } from "./table.ts";

const MBIT = 1_000_000;
/** 37.5 MB in whole messages. */
const MESSAGES = Math.round(37_500_000 / LIVE_MESSAGE_BYTES);
/** Ten seconds at 20 Mbit/s. */
const LOSSY = { percent: 10, mbitPerSecond: 20, messages: messagesOf(20, 10) } as const;
/** A recording that has not grown for this long is complete. */
const REST_MS = 500;
const MANY = { sessions: 16, mbitPerSecond: 2, seconds: 8 } as const;
/** Memory that a session may add, in MB. */
const MOST_MEGABYTES = { "from source": 14, executable: 17 } as const;
const UPKEEP_SECONDS = 10;

/** Processor time and exactness of 37.5 MB, sent one packet at a time, and in bursts of 5 ms. */
export async function measureSessions(
  mbitPerSecond: number,
  { ratio: mostRatio }: { readonly ratio: number },
): Promise<readonly Figure[]> {
  const payload = makePayload(MESSAGES);
  const figures: Figure[] = [];
  for (const isPaced of [true, false]) {
    const how = { mbitPerSecond, isPaced };
    const theirs = await measureSession(startLiveTransmit, payload, how);
    figures.push(
      ...await ofPrograms(async (executable, program) => {
        const ours = await measureSession(() => startSplitter(executable), payload, how);
        const ratio = ours.seconds / theirs.seconds;
        const what = `37.5 MB at ${mbitPerSecond} Mbit/s ${isPaced ? "packet by packet" : "in bursts"}, ${program}`;
        return [
          {
            what: `${what}: processor time`,
            measured: `${ratio.toFixed(2)} x (${ours.seconds.toFixed(2)} s)`,
            peer: `srt-live-transmit: ${theirs.seconds.toFixed(2)} s`,
            ...(isPaced ? { toReach: `<= ${mostRatio} x`, holds: ratio <= mostRatio } : {}),
          },
          exactness(`${what}: recording`, ours.isExact),
        ];
      }),
    );
  }
  return figures;
}

async function measureSession(
  start: () => Promise<Receiver>,
  payload: Uint8Array<ArrayBuffer>,
  { mbitPerSecond, isPaced }: { readonly mbitPerSecond: number; readonly isPaced: boolean },
): Promise<{ readonly seconds: number; readonly isExact: boolean }> {
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
  const { seconds, content } = await receiver.finish();
  return { seconds, isExact: isSame(content, payload) };
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
): Promise<{ readonly seconds: number; readonly isExact: boolean }> {
  await using receiver = await start();
  await using link = new LossyLink(receiver.port, { data: losesForGood(LOSSY.percent) });
  await using caller = await SrtCaller.connect({ port: link.port });
  await caller.send(payload, { bitsPerSecond: LOSSY.mbitPerSecond * MBIT });
  await caller.waitUntilDelivered();
  await waitUntilAtRest(receiver); // neither program is measured while it still receives
  caller.close();
  const { seconds, content } = await receiver.finish();
  return { seconds, isExact: isSame(content, link.arrived) };
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
      await Promise.all(callers.map(async (caller) => {
        await caller.send(payload, { bitsPerSecond: MANY.mbitPerSecond * MBIT });
        await caller.waitUntilDelivered();
      }));
      const added = (proportionalMegabytes(splitter.pid) - before) / MANY.sessions;
      const most = MOST_MEGABYTES[executable === null ? "from source" : "executable"];
      return [{
        what: `memory that each of ${MANY.sessions} sessions adds (PSS), ${program}`,
        measured: `${added.toFixed(1)} MB`,
        toReach: `<= ${most} MB`,
        holds: added <= most,
      }];
    } finally {
      for (const caller of callers) caller.close();
    }
  });
}

/** Processor time that the listener itself needs while a session runs. */
export async function measureUpkeep(): Promise<readonly Figure[]> {
  return await ofPrograms(async (executable, program) => {
    await using splitter = await Splitter.listen(["127.0.0.1:0"], { executable });
    await using caller = await SrtCaller.connect({ port: splitter.port });
    await splitter.event("session-start");
    const beforeMs = threadsMs(splitter.pid);
    await caller.send(makePayload(messagesOf(2, UPKEEP_SECONDS)), { bitsPerSecond: 2 * MBIT });
    const perSecond = (threadsMs(splitter.pid) - beforeMs) / UPKEEP_SECONDS;
    return [{
      what: `processor time of the listener while one session runs, ${program}`,
      measured: `${perSecond.toFixed(1)} ms a second`,
    }];
  });
}

function messagesOf(mbitPerSecond: number, seconds: number): number {
  return Math.round(seconds * mbitPerSecond * MBIT / 8 / LIVE_MESSAGE_BYTES);
}

function exactness(what: string, isExact: boolean): Figure {
  return { what, measured: isExact ? "exact" : "NOT exact", toReach: "exact", holds: isExact };
}

/** Reports whether two payloads are the same bytes. */
export function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
