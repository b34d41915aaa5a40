/**
 * SIGHUP: reads the configuration file again.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";

import type { CommandLine } from "../mod/cli/command_line.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { type MadePolicy, makePolicy, type PolicySettings } from "../mod/cli/make_policy.ts";
import { notRegular } from "../mod/cli/regular_file.ts";
import type { ScriptingSettings } from "../mod/cli/scripting_options.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import type { Listener } from "../mod/listener/listener.ts";
import type { Reporter } from "../mod/report/reporter.ts";

/** Settings that count from now on. `config` stands on the command line alone; `warnings` are told and set nothing. */
type Changing = keyof PolicySettings | "statsIntervalMs" | "config" | "warnings";

/**
 * All others: they were put to work at the start and stay until the next one. Each has the key that people know, and a new setting
 * that is in neither of the two does not compile.
 */
const FIXED: Readonly<Record<Exclude<keyof ListenSettings, Changing | "scripting">, string>> = {
  host: "address",
  family: "address",
  port: "address",
  out: "out",
  analyze: "no-analyze",
  sidecar: "no-sidecar",
  checksum: "checksum",
  utc: "utc",
  format: "json",
  verbosity: "quiet or verbose",
  libsrt: "libsrt",
};
const FIXED_SCRIPTING: Readonly<Record<Exclude<keyof ScriptingSettings, "stop">, string>> = {
  expectations: "expect",
  junit: "junit",
  summary: "summary",
  readyFile: "ready-file",
};
const FIXED_STOP: Readonly<Record<keyof ScriptingSettings["stop"], string>> = {
  sessions: "sessions",
  forMs: "for",
  waitMs: "wait",
  idleExitMs: "idle-exit",
};

/** What a reload needs. */
export interface ReloadParts {
  /** Reads command line and file again. @throws {UsageError} */
  readonly parse: () => CommandLine;
  /** The voice's rule: how often there are `stats` events where the settings ask for `askedMs`. */
  readonly statsIntervalMs: (askedMs: number | null) => number | null;
  readonly reporter: Reporter;
  readonly listener: Pick<Listener, "reload">;
}

/** Returns what SIGHUP does. */
export function reloadConfig(started: ListenSettings, parts: ReloadParts): () => void {
  const config = started.config ?? "";
  const { statsIntervalMs, reporter, listener } = parts;
  return () => {
    const tell = (ok: boolean, text: string): void => {
      reporter.report({ event: "reloaded", time: new Date().toISOString(), config, ok, text });
    };
    const read = readAgain(config, parts);
    if (typeof read === "string") return tell(false, `nothing has changed: ${read}`);
    const { settings, policy, warnings } = read;
    listener.reload({ policy, statsIntervalMs: statsIntervalMs(settings.statsIntervalMs) });
    for (const warning of [...settings.warnings, ...warnings]) reporter.warn(warning);
    const waiting = waitingFor(started, settings);
    const later = waiting.length === 0 ? "" : `; after the next start: ${waiting.join(", ")}`;
    tell(true, `${config} was read again and counts for callers from now on${later}`);
  };
}

/** The settings and the policy of now, or in words why there are none. */
function readAgain(
  config: string,
  { parse }: ReloadParts,
): MadePolicy & { readonly settings: ListenSettings } | string {
  try {
    refuseSpent(config);
    const commandLine = parse();
    if (commandLine.command !== "listen") throw new TypeError("cannot reload: the command line has changed");
    const { settings } = commandLine;
    return { settings, ...makePolicy(settings, { again: true }) };
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}; ${error.hint.replaceAll("\n", " ")}`;
    // a bug of ours is no reason to end the sessions that run
    return `unexpected: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** A pipe gave all that it had at the start: now it would be an empty file, or one that is waited for while all stands still. */
function refuseSpent(config: string): void {
  const problem = problemOf(config);
  if (problem === null) return;
  throw new UsageError(`cannot read the configuration file ${JSON.stringify(config)} again: ${problem}`, {
    hint: "Name a regular file with --config at the next start.",
  });
}

function problemOf(path: string): string | null {
  try {
    return notRegular(path);
  } catch {
    return null; // reading it says why, in words
  }
}

/** Keys whose new values wait for the next start, each once. */
function waitingFor(started: ListenSettings, now: ListenSettings): readonly string[] {
  return [
    ...new Set([
      ...different(FIXED, started, now),
      ...different(FIXED_STOP, started.scripting.stop, now.scripting.stop),
      ...different(FIXED_SCRIPTING, started.scripting, now.scripting),
    ]),
  ];
}

function different<Key extends string>(
  names: Readonly<Record<Key, string>>,
  started: Readonly<Record<Key, unknown>>,
  now: Readonly<Record<Key, unknown>>,
): readonly string[] {
  const keys = Object.keys(names) as Key[];
  return keys.filter((key) => !isDeepStrictEqual(started[key], now[key])).map((key) => names[key]);
}
