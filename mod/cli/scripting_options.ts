/**
 * The options of `listen` for scripts: when to stop, what to expect, what to write.
 *
 * @module
 */

import { Option } from "@commander-js/extra-typings";

import type { Expectation } from "../run/expectation.ts";
import type { StopSettings } from "../run/stop_conditions.ts";
import { parseDuration } from "./parse_duration.ts";
import { parseExpectation } from "./parse_expectation.ts";
import { UsageError } from "./usage_error.ts";

/** What a script asked for. Files as they were typed; null: none. */
export interface ScriptingSettings {
  readonly stop: StopSettings;
  readonly expectations: readonly Expectation[];
  readonly junit: string | null;
  readonly summary: string | null;
  readonly readyFile: string | null;
}

/** What commander makes of the options. */
export interface TypedScripting {
  readonly sessions?: string;
  readonly for?: string;
  readonly wait?: string;
  readonly idleExit?: string;
  readonly expect?: readonly string[];
  readonly junit?: string;
  readonly summary?: string;
  readonly readyFile?: string;
}

/** More sessions than this one run never has. Our choice. */
const MOST_SESSIONS = 1_000_000_000;

/** The options, in the order of the help text. */
export function scriptingOptions(): readonly Option[] {
  return [
    new Option("--sessions <n>", "end after so many sessions have ended"),
    new Option("--for <time>", "end so long after listening began"),
    new Option("--wait <time>", "fail if no session began in this time"),
    new Option("--idle-exit <time>", "end when there was no session for so long after the first"),
    // repeated, one each: a list behind one --expect would swallow the address
    new Option("--expect <condition>", 'fail at the end unless this holds, such as "bytes>=10MB"; repeatable')
      .argParser((condition: string, before: readonly string[] | undefined) => [...before ?? [], condition]),
    new Option("--junit <file>", "write a JUnit report: a case for each session and expectation"),
    new Option("--summary <file>", "write what happened as JSON, in the end"),
    new Option("--ready-file <file>", "write address and port as JSON once callers can come"),
  ];
}

/**
 * Reads the values.
 *
 * @throws {UsageError} Where one cannot be used
 */
export function scriptingSettings(typed: TypedScripting): ScriptingSettings {
  return {
    stop: {
      sessions: typed.sessions === undefined ? null : parseSessions(typed.sessions),
      forMs: parseTime(typed.for, "--for"),
      waitMs: parseTime(typed.wait, "--wait"),
      idleExitMs: parseTime(typed.idleExit, "--idle-exit"),
    },
    expectations: (typed.expect ?? []).map(parseExpectation),
    junit: path(typed.junit, "--junit"),
    summary: path(typed.summary, "--summary"),
    readyFile: path(typed.readyFile, "--ready-file"),
  };
}

function parseSessions(text: string): number {
  const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= MOST_SESSIONS) return count;
  throw new UsageError(`cannot use --sessions ${JSON.stringify(text)}`, {
    hint: "Give a whole number of 1 or more, or leave it out to go on until it is stopped.",
  });
}

function parseTime(text: string | undefined, option: string): number | null {
  if (text === undefined) return null;
  const duration = parseDuration(text);
  if (duration?.ms) return duration.ms;
  const problem = duration === null
    ? "that is no duration"
    : duration.ms === null
    ? "it needs a unit"
    : "it is nothing";
  throw new UsageError(`cannot use ${option} ${JSON.stringify(text)}: ${problem}`, {
    hint: "Write 30s, 500ms, 5min or 2h, or leave it out.",
  });
}

function path(text: string | undefined, option: string): string | null {
  if (text === "") {
    throw new UsageError(`cannot use an empty ${option}`, { hint: `Give ${option} a file, or leave it out.` });
  }
  return text ?? null;
}
