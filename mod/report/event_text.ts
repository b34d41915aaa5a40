/**
 * Formats an event as the parts of one line.
 *
 * @module
 */

import type {
  DeletedEvent,
  DiskEvent,
  ExpectationEvent,
  ListeningEvent,
  MissingEvent,
  OutputReport,
  PullFailedEvent,
  RefusalCount,
  RefusalsEvent,
  RefusedEvent,
  SegmentEvent,
  SessionAdoptedEvent,
  SessionEndEvent,
  SessionProvenEvent,
  SessionStartEvent,
  SplitterEvent,
  StatsEvent,
  StoppedEvent,
  StoppingEvent,
} from "../vocabulary/events.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import { formatBytes, formatCount, formatDuration, formatEndpoint, formatRate } from "./format.ts";
import { hasPayload, lossParts } from "./loss_text.ts";
import { tsText } from "./ts_text.ts";

/** Color of a sign, by the names of `styleText` in `node:util`. */
export type SignColor = "green" | "yellow" | "red";

/** One line about an event. Nothing is escaped. */
export interface EventText {
  /**
   * `+`: a session begins or is adopted, or its payload arrives again; `-`: a session has ended; `x`: a caller was refused; `!`:
   * a failure or trouble; a space: anything else.
   */
  readonly sign: string;
  readonly color: SignColor | null;
  /** Null for a part that is unknown or does not matter. */
  readonly parts: readonly (string | null)[];
  /** What to do about it; empty if there is nothing to suggest. */
  readonly hint: string;
}

/** An event that is printed as one line. `listening` is printed as several lines, `session-proven` and `disk` are not printed. */
export type LineEvent = Exclude<SplitterEvent, ListeningEvent | SessionProvenEvent | DiskEvent>;

/** Formats an event as a line. */
export function eventText(event: LineEvent): EventText {
  switch (event.event) {
    case "session-start":
      return { sign: "+", color: "green", parts: startParts(event, "begins"), hint: "" };
    case "session-adopted":
      return { sign: "+", color: "green", parts: adoptedParts(event), hint: "" };
    case "segment":
      return { ...PLAIN, parts: segmentParts(event) };
    case "stats":
      return { ...PLAIN, parts: statsParts(event) };
    case "no-data":
      return { ...TROUBLE, parts: [`${nameOf(event)} NO DATA for ${formatDuration(event.idleMs)}`] };
    case "data-again":
      return {
        sign: "+",
        color: "green",
        parts: [`${nameOf(event)} data again after ${formatDuration(event.pausedMs)}`],
        hint: "",
      };
    case "missing":
      return { ...TROUBLE, parts: missingParts(event) };
    case "session-end":
      return isFailure(event)
        ? { ...FAILED, parts: endParts(event), hint: event.advice }
        : { sign: "-", color: null, parts: endParts(event), hint: event.advice };
    case "refused":
      return { sign: "x", color: "yellow", parts: refusedParts(event), hint: event.advice };
    case "refusals":
      return { ...PLAIN, parts: refusalsParts(event) };
    case "pull-failed":
      return { ...TROUBLE, parts: pullFailedParts(event), hint: event.advice };
    case "disk-low":
      return { ...TROUBLE, parts: [event.text], hint: event.advice };
    case "deleted":
      return { ...PLAIN, parts: deletedParts(event) };
    case "reloaded":
      return { ...plainOrFailed(event), parts: [event.text] };
    case "stopping":
      return { ...PLAIN, parts: stoppingParts(event) };
    case "expectation":
      return { ...plainOrFailed(event), parts: expectationParts(event) };
    case "stopped":
      return { ...plainOrFailed(event), parts: stoppedParts(event) };
    default:
      return event satisfies never;
  }
}

/** Reports whether an event is a failure: of a session, an expectation, a reload or the run. */
export function isFailure(event: SplitterEvent): boolean {
  if (event.event === "session-end") return !isCleanEnd(event.reason);
  if (event.event === "expectation" || event.event === "reloaded") return !event.ok;
  return event.event === "stopped" && event.exitCode !== 0;
}

const PLAIN = { sign: " ", color: null, hint: "" } as const;
const FAILED = { sign: "!", color: "red", hint: "" } as const;
/** Trouble that is not a failure of the session or of the run. */
const TROUBLE = { sign: "!", color: "yellow", hint: "" } as const;

function plainOrFailed(event: SplitterEvent): typeof PLAIN | typeof FAILED {
  return isFailure(event) ? FAILED : PLAIN;
}

function startParts(event: SessionStartEvent | SessionAdoptedEvent, begins: string): EventText["parts"] {
  return [
    `${nameOf(event)} ${begins}`,
    event.stream === null ? "no stream name" : null,
    `from ${formatEndpoint(event.caller)}`,
    `latency ${event.latencyMs} ms`,
    event.encrypted ? `encrypted (AES-${event.keyLength * 8})` : "not encrypted",
    `SRT ${event.srtVersion}`,
    event.file === null ? null : `file ${event.file}`,
    event.earlierBytes === 0 ? null : `which has ${formatBytes(event.earlierBytes)} of an earlier session`,
  ];
}

function adoptedParts(event: SessionAdoptedEvent): EventText["parts"] {
  const earlier = event.pulled ? "an earlier process" : "an earlier listener";
  return [...startParts(event, `adopted from ${earlier}`), `running for ${formatDuration(event.durationMs)}`];
}

function segmentParts(event: SegmentEvent): EventText["parts"] {
  const state = event.previous === null ? "is recording now" : "continues";
  return [`${nameOf(event)} ${state}: ${event.text}`, `file ${event.file}`];
}

function missingParts(event: MissingEvent): EventText["parts"] {
  const { packets, totalPackets } = event;
  return [
    `${nameOf(event)} MISSING ${formatCount(packets, "packet")}`,
    packets === totalPackets ? null : `${totalPackets} since the session started`,
  ];
}

function pullFailedParts({ stream, text, retryMs }: PullFailedEvent): EventText["parts"] {
  return [`${stream}: ${text}`, `the next call is in ${formatDuration(retryMs)}`];
}

/** Returns the name of a session's stream and its ID: `cam1 (s1)`. */
function nameOf({ session, stream }: Pick<StatsEvent, "session" | "stream">): string {
  return stream === null ? session : `${stream} (${session})`;
}

function statsParts(event: StatsEvent): EventText["parts"] {
  const { statistics } = event;
  return [
    nameOf(event),
    formatDuration(event.durationMs),
    ...(hasPayload(event) ? [formatRate(event.bitsPerSecond), formatBytes(event.bytes)] : ["no payload"]),
    `RTT ${statistics.msRTT.toFixed(1)} ms`,
    `buffer ${Math.round(statistics.msRcvBuf)} of ${Math.round(statistics.msRcvTsbPdDelay)} ms`,
    ...(hasPayload(event) ? [...lossParts(statistics), tsText(event.ts)] : []),
  ];
}

function endParts(event: SessionEndEvent): EventText["parts"] {
  return [
    `${nameOf(event)} ${isFailure(event) ? "FAILED" : "ended"}: ${event.text}`,
    formatDuration(event.durationMs),
    ...(event.attempt ? ["no payload"] : endFigures(event)),
    event.file === null ? null : `file ${event.file}`,
    ...(event.reason === "output-failed" ? [] : event.outputs.map(outputText)),
  ];
}

function endFigures({ bytes, bitsPerSecond, statistics, ts }: SessionEndEvent): EventText["parts"] {
  return [
    formatBytes(bytes),
    formatRate(bitsPerSecond),
    ...(statistics === null ? [] : lossParts(statistics)),
    tsText(ts),
  ];
}

function outputText({ ok, name, text, droppedBytes }: OutputReport): string {
  const missing = droppedBytes === 0 ? "" : ` and did not get ${formatBytes(droppedBytes)}`;
  return `${name} ${ok ? "" : "FAILED: "}${text}${missing}`;
}

function refusedParts(event: RefusedEvent): EventText["parts"] {
  const name = event.stream === null ? "" : `${event.stream}: `;
  const times = event.times > 1 ? ` ${event.times} times` : "";
  const reason = event.reason === null ? "" : ` (SRT reason ${event.reason})`;
  return [
    `${name}refused ${formatEndpoint(event.caller)}${times}: ${event.text}${reason}`,
    event.srtVersion === null ? null : `SRT ${event.srtVersion}`,
    event.rule === null ? null : `decided by ${event.rule}`,
  ];
}

function refusalsParts({ refused, refusedByStop, reasons }: RefusalsEvent): EventText["parts"] {
  return [`${refused} refused so far`, ...reasons.map(refusalText), refusedByStopText(refusedByStop)];
}

function refusedByStopText(refusedByStop: number): string | null {
  return refusedByStop === 0 ? null : `${refusedByStop} refused while stopping`;
}

function refusalText({ reason, name, times }: RefusalCount): string {
  return reason === null ? `${times} without a reason` : `${times} with ${reason} (${name ?? "unknown"})`;
}

function deletedParts({ file, bytes, text }: DeletedEvent): EventText["parts"] {
  return [`deleted ${file}`, formatBytes(bytes), text];
}

function stoppingParts({ text, sessions }: StoppingEvent): EventText["parts"] {
  if (sessions === 0) return [`stopping: ${text}`];
  return [`stopping: ${text}; closing ${formatCount(sessions, "session")}`, "press Ctrl-C again to stop at once"];
}

function expectationParts(event: ExpectationEvent): EventText["parts"] {
  return [`expected ${event.expectation}`, `seen ${event.seen}`];
}

function stoppedParts(event: StoppedEvent): EventText["parts"] {
  const result = event.exitCode === 0 ? "stopped" : `stopped with exit code ${event.exitCode}`;
  const { attempts, failed, refused, refusedByStop } = event;
  return [
    `${result}: ${formatCount(event.sessions, "session")}`,
    attempts === 0 ? null : `${formatCount(attempts, "attempt")} without payload`,
    failed === 0 ? null : `${failed} FAILED`,
    refused === 0 ? null : `${refused} refused: ${event.refusals.map(refusalText).join(", ")}`,
    refusedByStopText(refusedByStop),
    `${formatBytes(event.bytes)} received`,
    `in ${formatDuration(event.durationMs)}`,
  ];
}
