/**
 * Reads the configuration file again on SIGHUP.
 *
 * @module
 */

import { isDeepStrictEqual } from "node:util";

import type { CommandLine } from "../mod/cli/command_line.ts";
import { LISTEN_OPTIONS, type ListenValues } from "../mod/cli/listen_options.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { type MadePolicy, makePolicy } from "../mod/cli/make_policy.ts";
import { keyOf, type Setting } from "../mod/cli/option.ts";
import { notRegular } from "../mod/cli/places.ts";
import { type PreparedPulls, preparePulls } from "../mod/cli/pull_option.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import type { Listener } from "../mod/listener/listener.ts";
import { messageOf } from "../mod/report/problem.ts";
import type { Reporter } from "../mod/report/reporter.ts";

/** What a reload needs. */
export interface ReloadParts {
  /** Reads the command line and the configuration file again. @throws {UsageError} */
  readonly parse: () => CommandLine;
  /** Returns the interval of `stats` events in ms if the settings ask for `askedMs`; null: no such events. */
  readonly statsIntervalMs: (askedMs: number | null) => number | null;
  readonly reporter: Reporter;
  readonly listener: Pick<Listener, "reload">;
  /** Throws if this listener would call itself. @throws {UsageError} */
  readonly checkPulls?: (pulls: ListenSettings["pulls"]) => void;
  /** Checks the hooks of new settings, and returns a function that applies them. @throws {UsageError} */
  readonly prepareHooks?: (settings: ListenSettings) => () => void;
}

/** Returns the handler of SIGHUP. */
export function reloadConfig(started: ListenSettings, parts: ReloadParts): () => void {
  const config = started.config ?? "";
  const { statsIntervalMs, reporter, listener } = parts;
  const report = (ok: boolean, text: string): void => {
    reporter.report({ event: "reloaded", time: new Date().toISOString(), config, ok, text });
  };
  return () => {
    const read = readAgain(config, parts);
    if (typeof read === "string") return report(false, `nothing has changed: ${read}`);
    const { settings, policy, pulls, warnings, applyHooks } = read;
    const { spares, retention } = settings;
    const intervalMs = statsIntervalMs(settings.statsIntervalMs);
    listener.reload({ policy, pulls, retention, statsIntervalMs: intervalMs, spares });
    applyHooks();
    for (const warning of [...settings.warnings, ...warnings]) reporter.warn(warning);
    const waiting = waitingKeys(started.values, settings.values);
    const later = waiting.length === 0 ? "" : `; not applied until the next start: ${waiting.join(", ")}`;
    report(true, `${config} was read again and applies to callers and pulls from now on${later}`);
  };
}

/** The new settings and their policy, or why there are none. */
function readAgain(
  config: string,
  { parse, checkPulls, prepareHooks }: ReloadParts,
): MadePolicy & PreparedPulls & { readonly settings: ListenSettings; readonly applyHooks: () => void } | string {
  try {
    requireRegularFile(config);
    const commandLine = parse();
    if (commandLine.command !== "listen") throw new TypeError("cannot reload: the command line has changed");
    const { settings } = commandLine;
    checkPulls?.(settings.pulls);
    const applyHooks = prepareHooks?.(settings) ?? (() => {});
    const made = makePolicy(settings, { again: true });
    const { pulls, warnings } = preparePulls(settings.pulls, { again: true });
    return { settings, applyHooks, ...made, pulls, warnings: [...new Set([...made.warnings, ...warnings])] };
  } catch (error) {
    if (error instanceof UsageError) return `${error.message}; ${error.hint}`;
    // a bug in this program must not end the running sessions
    return `unexpected: ${messageOf(error)}`;
  }
}

/**
 * Throws if the file is a pipe or anything else that is not a regular file. A pipe was read to its end at the start: reading it
 * again would return nothing, or block this process until the pipe has a writer.
 */
function requireRegularFile(config: string): void {
  const problem = problemOf(config);
  if (problem === null) return;
  throw new UsageError(`cannot read the configuration file ${JSON.stringify(config)} again: ${problem}`, {
    hint: "name a regular file with --config at the next start",
  });
}

function problemOf(path: string): string | null {
  try {
    return notRegular(path);
  } catch {
    return null; // reading it reports why
  }
}

/** Keys whose new values wait for the next start. */
function waitingKeys(started: ListenValues, now: ListenValues): readonly string[] {
  const settings: [string, Setting<unknown>][] = Object.entries(LISTEN_OPTIONS);
  return settings
    .filter(([, { isReloaded }]) => !isReloaded)
    .filter(([name]) => !isDeepStrictEqual(started[name as keyof ListenValues], now[name as keyof ListenValues]))
    .map(([, { forms }]) => forms.map(keyOf).join(" or "));
}
