/**
 * The kinds of session ends that the soak test causes, each as a function that runs a caller.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import type { EndReason } from "../../mod/vocabulary/values.ts";
import { type Arrivals, losesPermanently, type LossRules, LossyLink, SHUTDOWN } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import type { EventOf, Splitter } from "../support/splitter.ts";
import { CallerRefusedError, LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";

/** What callers send: most of them its first messages, and a caller whose session is stopped as much as fits, for up to 30 s. */
export const PAYLOAD = makePayload(12_000);

const MBIT = 1_000_000;
const BITS_PER_SECOND = 4 * MBIT;
const LOSS_PERCENT = 10;
/** Callers that call from the port of one that vanished wait for more than two seconds. */
const CONNECT_TIMEOUT_MS = 15_000;

/** Minimum time that a killed encoder takes to start again, in ms. */
const RESTART_MS = 200;

/** What a caller needs. */
export interface Scene {
  readonly splitter: Splitter;
  /** Different for each caller of a listener. */
  readonly name: string;
  readonly latencyMs: number;
  readonly passphrase: string | null;
  /** Messages to send. */
  readonly messages: number;
  /** Resolved when all callers of this listener have ended, except those that stop it. */
  readonly others: Promise<void>;
  /** Stops the listener; several callers may do so. */
  readonly stop: () => void;
}

/** The expected end of a session. */
export interface ExpectedEnd {
  readonly stream: string;
  readonly reason: EndReason;
  /** What arrived, or null if nothing was sent. */
  readonly arrivals: Arrivals | null;
  /** Indexes of the messages that the recording must hold, or null for all that arrived. */
  readonly required: readonly number[] | null;
}

/** Calls, ends in its own way, and returns the expected end of each session that it had. */
export type EndKind = (scene: Scene) => Promise<readonly ExpectedEnd[]>;

/** Every kind by its name. */
export const END_KINDS: Readonly<Record<string, EndKind>> = {
  "closed": (scene) => closed(scene, {}),
  "closed with open gaps": (scene) => closed(scene, { data: losesPermanently(LOSS_PERCENT) }),
  "closed, last packets lost": (scene) => closed(scene, { data: ({ index }) => index > scene.messages - 20 }),
  "closed without payload": (scene) => closed({ ...scene, messages: 0 }, {}),
  "silent": (scene) => silent(scene, 0),
  "silent with open gaps": (scene) => silent(scene, LOSS_PERCENT),
  "silent, port unreachable": unreachable,
  "child killed": childKilled,
  "stopped": (scene) => stopped(scene, {}),
  "stopped with open gaps": (scene) => stopped(scene, { data: losesPermanently(LOSS_PERCENT) }),
  "replaced from the same port": replaced,
  "closed, same port calls": closedAndCalledAgain,
  "rested, closed, same port calls": restedClosedAndCalledAgain,
};

async function closed(scene: Scene, rules: LossRules): Promise<readonly ExpectedEnd[]> {
  await using link = new LossyLink(scene.splitter.port, rules);
  await using caller = await connect(scene, link);
  await send(scene, caller);
  caller.close();
  await ended(scene);
  return [expected(scene, closedOr("silence", link.calls[0]), link.calls[0])];
}

/** The encoder or its network dies: not even a SHUTDOWN arrives. */
async function silent(scene: Scene, lossPercent: number): Promise<readonly ExpectedEnd[]> {
  let away = false;
  const loses = losesPermanently(lossPercent);
  await using link = new LossyLink(scene.splitter.port, {
    data: (packet) => away || (lossPercent > 0 && loses(packet)),
    control: () => away,
  });
  await using caller = await connect(scene, link);
  await send(scene, caller);
  away = true;
  caller.close();
  await ended(scene);
  return [expected(scene, "silence", link.calls[0])];
}

/** The encoder's process is killed, and its machine answers with ICMP. */
async function unreachable(scene: Scene): Promise<readonly ExpectedEnd[]> {
  await using link = new LossyLink(scene.splitter.port, {});
  await using caller = await connect(scene, link);
  await send(scene, caller);
  await link[Symbol.asyncDispose]();
  caller.close();
  await ended(scene);
  return [expected(scene, "silence", link.calls[0])];
}

async function childKilled(scene: Scene): Promise<readonly ExpectedEnd[]> {
  await using link = new LossyLink(scene.splitter.port, {});
  await using caller = await connect(scene, link);
  const { pid } = await scene.splitter.event("session-start", ({ stream }) => stream === scene.name);
  await send(scene, caller);
  Deno.kill(pid, "SIGKILL");
  await caller.waitUntilBroken();
  await ended(scene);
  return [{ ...expected(scene, "crashed", link.calls[0]), required: [] }];
}

async function stopped(scene: Scene, rules: LossRules): Promise<readonly ExpectedEnd[]> {
  await using link = new LossyLink(scene.splitter.port, rules);
  await using caller = await connect(scene, link);
  const sending = caller.send(PAYLOAD, { bitsPerSecond: BITS_PER_SECOND }).catch(() => {}); // it is closed while it sends
  await scene.others;
  const required = link.calls[0]?.indexes ?? [];
  scene.stop();
  await caller.waitUntilBroken();
  await sending;
  await ended(scene);
  return [{ ...expected(scene, "stopped", link.calls[0]), required }];
}

/** The encoder is killed, restarts and calls again from the same port: no SHUTDOWN of its old connection arrives. */
async function replaced(scene: Scene): Promise<readonly ExpectedEnd[]> {
  return await callTwice(scene, { shutdownArrives: false, restMs: 0, awayMs: RESTART_MS });
}

/** The encoder restarts cleanly and calls again from the same port at once. */
async function closedAndCalledAgain(scene: Scene): Promise<readonly ExpectedEnd[]> {
  return await callTwice(scene, { shutdownArrives: true, restMs: 0, awayMs: 0 });
}

/** The same after a pause without payload, in which the child expects that its caller may vanish and call again. */
async function restedClosedAndCalledAgain(scene: Scene): Promise<readonly ExpectedEnd[]> {
  const restMs = scene.messages; // 300 to 600 ms, different for each scene
  return await callTwice(scene, { shutdownArrives: true, restMs, awayMs: RESTART_MS });
}

async function callTwice(
  scene: Scene,
  { shutdownArrives, restMs, awayMs }: {
    readonly shutdownArrives: boolean;
    /** From the payload to the close. */
    readonly restMs: number;
    /** From the close to the next call. */
    readonly awayMs: number;
  },
): Promise<readonly ExpectedEnd[]> {
  const next = { ...scene, name: `${scene.name}-next` };
  let shutdownPasses = shutdownArrives;
  await using link = new LossyLink(scene.splitter.port, {
    control: (type, toListener) => toListener && type === SHUTDOWN && !shutdownPasses,
  });
  await using caller = await connect(scene, link);
  await send(scene, caller);
  await pause(restMs);
  caller.close();
  await pause(awayMs);
  await using again = await connect(next, link);
  shutdownPasses = true;
  await send(next, again);
  again.close();
  await ended(scene);
  await ended(next);
  return [
    expected(scene, shutdownArrives ? closedOr("replaced", link.calls[0]) : "replaced", link.calls[0]),
    expected(next, closedOr("silence", link.calls[1]), link.calls[1]),
  ];
}

/** Connects a caller. It calls again, as encoders do, if the listener could not start a process in time. */
async function connect(scene: Scene, link: LossyLink): Promise<SrtCaller> {
  const { name, latencyMs, passphrase } = scene;
  try {
    return await SrtCaller.connect({
      port: link.port,
      streamId: name,
      latencyMs,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      ...(passphrase === null ? {} : { passphrase }),
    });
  } catch (error) {
    if (!(error instanceof CallerRefusedError) || error.rejectReason !== REJECTION.RESOURCE) throw error;
    return await connect(scene, link);
  }
}

async function send({ messages }: Scene, caller: SrtCaller): Promise<void> {
  await caller.send(PAYLOAD.subarray(0, messages * LIVE_MESSAGE_BYTES), { bitsPerSecond: BITS_PER_SECOND });
}

function ended({ splitter, name }: Scene): Promise<EventOf<"session-end">> {
  return splitter.event("session-end", ({ stream }) => stream === name);
}

/** On a machine under load, the link itself may lose the SHUTDOWN. A caller without payload counts as one that closed. */
function closedOr(otherwise: EndReason, arrivals: Arrivals | undefined): EndReason {
  return arrivals?.closed ?? true ? "caller-closed" : otherwise;
}

function expected({ name }: Scene, reason: EndReason, arrivals: Arrivals | undefined): ExpectedEnd {
  return { stream: name, reason, arrivals: arrivals ?? null, required: null };
}
