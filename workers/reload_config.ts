/**
 * SIGHUP: reads the configuration file again.
 *
 * Called by: workers/listen.
 * Fails: never: a file that cannot be used changes nothing, and the reporter says what is wrong with it.
 *
 * @module
 */

import type { CommandLine } from "../mod/cli/command_line.ts";
import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { makePolicy } from "../mod/cli/make_policy.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import type { Listener } from "../mod/listener/listener.ts";
import type { Reporter } from "../mod/report/events.ts";

/** Settings that were put to work at the start and stay until the next one, and how people know them. */
const FIXED: readonly (readonly [keyof ListenSettings, string])[] = [
  ["host", "address"],
  ["family", "address"],
  ["port", "address"],
  ["out", "out"],
  ["utc", "utc"],
  ["format", "json"],
  ["verbosity", "quiet or verbose"],
  ["libsrt", "libsrt"],
];

/** What a reload needs. */
export interface ReloadParts {
  /** Reads command line and file again. @throws {UsageError} */
  readonly parse: () => CommandLine;
  readonly reporter: Reporter;
  readonly listener: Pick<Listener, "reload">;
}

/** Returns what SIGHUP does. */
export function reloadConfig(started: ListenSettings, { parse, reporter, listener }: ReloadParts): () => void {
  const config = started.config ?? "";
  return () => {
    const tell = (ok: boolean, text: string): void => {
      reporter.report({ event: "reloaded", time: new Date().toISOString(), config, ok, text });
    };
    try {
      const commandLine = parse();
      if (commandLine.command !== "listen") throw new TypeError("cannot reload: the command line has changed");
      const { settings } = commandLine;
      const { policy, warnings } = makePolicy(settings);
      listener.reload({ policy, statsIntervalMs: settings.statsIntervalMs });
      for (const warning of [...settings.warnings, ...warnings]) reporter.warn(warning);
      const waiting = new Set(FIXED.filter(([key]) => settings[key] !== started[key]).map(([, name]) => name));
      const later = waiting.size === 0 ? "" : `; after the next start: ${[...waiting].join(", ")}`;
      tell(true, `${config} was read again and counts for callers from now on${later}`);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      tell(false, `nothing has changed: ${error.message}; ${error.advice.replaceAll("\n", " ")}`);
    }
  };
}
