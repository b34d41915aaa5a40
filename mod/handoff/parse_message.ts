/**
 * One line of a child's stdout, checked: what children report is gossip until it has the right form.
 *
 * Called by: {@linkcode SessionChild}, {@linkcode probeLibsrt}.
 * Fails: returns null for a line that is none of ours.
 *
 * @module
 */

import type { ChildMessage } from "./contract.ts";

/** Whether a field has the form that it must have. */
type Check = (value: unknown) => boolean;

const string: Check = (value) => typeof value === "string";
const number: Check = (value) => typeof value === "number" && Number.isFinite(value);
const object: Check = (value) => typeof value === "object";
const stringOrNull: Check = (value) => value === null || string(value);

/** Fields that the listener itself relies on; the rest is passed on as it came. */
const FORMS: { readonly [Event in ChildMessage["event"]]: Readonly<Record<string, Check>> } = {
  "ready": {},
  "not-accepted": { cause: string, text: string },
  "probe": { libsrt: object, text: string },
  "session-start": { time: string, session: string, latencyMs: number, file: stringOrNull, pid: number },
  "stats": { time: string, session: string, bytes: number, statistics: object },
  "session-end": { time: string, session: string, reason: string, bytes: number, file: stringOrNull },
};

/**
 * Parses a line.
 *
 * @param session The session whose events may come; events of any other are refused.
 */
export function parseChildMessage(line: string, session: string): ChildMessage | null {
  const message = parseObject(line);
  if (message === null || typeof message["event"] !== "string" || !Object.hasOwn(FORMS, message["event"])) return null;
  const form = FORMS[message["event"] as ChildMessage["event"]];
  if (!Object.entries(form).every(([field, fits]) => fits(message[field]))) return null;
  if ("session" in form && message["session"] !== session) return null;
  return message as unknown as ChildMessage;
}

function parseObject(line: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? value as Record<string, unknown> : null;
  } catch {
    return null;
  }
}
