/**
 * One line of a child's stdout, checked: what children report is gossip until it has the right form.
 *
 * @module
 */

import { END_REASONS } from "../report/events.ts";
import { type ChildMessage, NOT_ACCEPTED_CAUSES } from "./contract.ts";
import { boolean, type Check, isObject, number, oneOf, orNull, record, string } from "./form.ts";
import { tsHealth } from "./ts_health_form.ts";

const endReason = oneOf(END_REASONS);
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
  "not-accepted": record({ cause: oneOf(NOT_ACCEPTED_CAUSES), text: string }),
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
    ts: orNull(tsHealth),
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
    ts: orNull(tsHealth),
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
