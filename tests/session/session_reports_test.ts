/** Tests of mod/session/session_reports.ts. */
import { deepStrictEqual } from "node:assert/strict";
import type { ChildMessage } from "../../mod/handoff/child_message.ts";
import { SessionReports } from "../../mod/session/session_reports.ts";
import { ticketOf } from "../handoff/ticket_of.ts";
import { NO_ANALYSIS } from "./no_analysis.ts";

/**
 * Whether a caller without payload is reported as proven if `report` is called `afterMs` after the start of its session.
 * `silentMs`: how long nothing has arrived; 900 ms unless given, as from a caller that sends KEEPALIVEs.
 */
function isProven(
  afterMs: number,
  { isEnding = false, silentMs = 900 }: { readonly isEnding?: boolean; readonly silentMs?: number } = {},
): boolean {
  const messages: ChildMessage[] = [];
  const startMs = performance.now();
  const reports = new SessionReports({
    ticket: ticketOf(),
    analysis: NO_ANALYSIS,
    emit: (message) => messages.push(message),
    warn: () => {},
  }, startMs);
  reports.report({
    nowMs: startMs + afterMs,
    bytes: 0,
    hasPayload: false,
    idleMs: afterMs,
    silentMs,
    missingPackets: 0,
    isEnding,
    kernelDrops: 0,
    statistics: () => null,
  });
  return messages.some(({ event }) => event === "proven");
}

Deno.test("a caller without payload is proven after 6 s, unless its session is ending then", () => {
  deepStrictEqual([
    isProven(5900),
    isProven(6100),
    isProven(6100, { isEnding: true }),
  ], [false, true, false]);
});

Deno.test("a caller that has sent nothing after its CONCLUSION is not proven, however long peeridletimeo keeps its session", () => {
  deepStrictEqual([
    isProven(6100, { silentMs: 6050 }),
    isProven(15_000, { silentMs: 14_950 }),
    isProven(15_000, { silentMs: 100 }),
  ], [false, false, true]);
});
