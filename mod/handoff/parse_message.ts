/**
 * One line of a child's stdout, checked: what children report is gossip until it has the right form.
 *
 * Called by: {@linkcode SessionChild}, {@linkcode probeLibsrt}.
 * Fails: returns null for a line that is none of ours.
 *
 * @module
 */

import { END_REASONS } from "../report/events.ts";
import type { ChildMessage } from "./contract.ts";

/** Whether a value has the form that it must have. */
type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const boolean: Check = (value) => typeof value === "boolean";
const endReason: Check = (value) => END_REASONS.some((reason) => reason === value);
const endpoint = record({ address: string, port: number });
const statistics = record({
  pktRecvTotal: number,
  pktRcvLossTotal: number,
  pktRcvDropTotal: number,
  pktRcvRetransTotal: number,
  pktRcvUndecryptTotal: number,
  pktRcvBelated: number,
  byteRecvTotal: number,
  msRTT: number,
  mbpsRecvRate: number,
  msRcvBuf: number,
  msRcvTsbPdDelay: number,
});
const libsrt = record({
  version: string,
  file: string,
  embedded: boolean,
  cookiePredicted: boolean,
  warning: orNull(string),
});

/** Everything that the listener and the reporters rely on. Fields that are not named are passed on as they came. */
const FORMS: { readonly [Event in ChildMessage["event"]]: Check } = {
  "ready": record({}),
  "proven": record({}),
  "not-accepted": record({ cause: string, text: string }),
  "probe": record({ libsrt: orNull(libsrt), text: string }),
  "session-start": record({
    time: string,
    session: string,
    caller: endpoint,
    local: endpoint,
    stream: orNull(string),
    streamId: orNull(string),
    latencyMs: number,
    encrypted: boolean,
    keyLength: number,
    srtVersion: string,
    file: orNull(string),
    pid: number,
  }),
  "stats": record({
    time: string,
    session: string,
    stream: orNull(string),
    durationMs: number,
    bytes: number,
    bitsPerSecond: number,
    statistics,
  }),
  "session-end": record({
    time: string,
    session: string,
    caller: endpoint,
    stream: orNull(string),
    reason: endReason,
    text: string,
    signal: orNull(string),
    durationMs: number,
    bytes: number,
    bitsPerSecond: number,
    file: orNull(string),
    statistics: orNull(statistics),
  }),
};

/**
 * Parses a line.
 *
 * @param session The session whose events may come; events of any other are refused.
 */
export function parseChildMessage(line: string, session: string): ChildMessage | null {
  const message = parseObject(line);
  if (message === null || typeof message["event"] !== "string" || !Object.hasOwn(FORMS, message["event"])) return null;
  if (!FORMS[message["event"] as ChildMessage["event"]](message)) return null;
  if ("session" in message && message["session"] !== session) return null;
  return message as unknown as ChildMessage;
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function record(fields: Readonly<Record<string, Check>>): Check {
  return (value) => isObject(value) && Object.entries(fields).every(([name, fits]) => fits(value[name]));
}

function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
