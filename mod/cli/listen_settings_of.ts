/**
 * The text that was typed -> the settings of a run.
 *
 * @module
 */

import type { ListenEnvironment } from "./listen_environment.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { libraryFile } from "./library_file.ts";
import { parseChecksum } from "./parse_checksum.ts";
import { parseAddress } from "./parse_address.ts";
import { parseIdle } from "./parse_idle.ts";
import { parseLatency } from "./parse_latency.ts";
import { parseLimit } from "./parse_limit.ts";
import { parseOnReturn } from "./parse_on_return.ts";
import { parseRules } from "./parse_rules.ts";
import { parseStatsInterval } from "./parse_stats_interval.ts";
import { checkedFiles, type PassphraseSource, passphraseVariable } from "./passphrase_source.ts";
import { scriptingSettings } from "./scripting_options.ts";
import type { TypedOptions } from "./typed_options.ts";
import { UsageError } from "./usage_error.ts";

/** Where to listen when nobody says. */
const DEFAULT_ADDRESS = ":9000";
/** Interval of `stats` without `--out`: there is nothing else to see then. Our choice. */
const STATS_WITHOUT_OUT_MS = 5000;

/** The settings of a run without `[[stream]]` and `[[user]]` tables. @throws {UsageError} */
export function listenSettingsOf(typed: TypedOptions, env: ListenEnvironment): ListenSettings {
  const { host, family, port, latency: addressLatency } = parseAddress(typed.address ?? DEFAULT_ADDRESS);
  const latency = typed.latency === undefined ? addressLatency : parseLatency(typed.latency);
  const out = notEmpty(typed.out, "--out");
  return {
    host,
    family,
    port,
    out,
    latencyMs: latency?.latencyMs ?? null,
    config: notEmpty(typed.config, "--config"),
    passphrases: passphraseSources(typed, env),
    statsIntervalMs: typed.stats === undefined
      ? (out === null ? STATS_WITHOUT_OUT_MS : null)
      : parseStatsInterval(typed.stats),
    format: typed.json ? "json" : "text",
    verbosity: verbosityOf(typed),
    libsrt: parsed(
      notEmpty(typed.libsrt, "--libsrt") ?? (env.SRT_SPLITTER_LIBSRT || null),
      (name) => libraryFile(name, "."),
    ),
    utc: typed.utc ?? false,
    maxSessions: parsed(typed.maxSessions, (text) => parseLimit(text, "--max-sessions")),
    maxPerAddress: parsed(typed.maxPerAddress, (text) => parseLimit(text, "--max-per-address")),
    maxPerStream: parsed(typed.maxPerStream, (text) => parseLimit(text, "--max-per-stream")),
    idleMs: parsed(typed.idle, parseIdle),
    onReturn: parsed(typed.onReturn, parseOnReturn),
    ...parseRules(typed),
    streams: [],
    users: [],
    analyze: typed.analyze ?? true,
    sidecar: typed.sidecar ?? true,
    checksum: parseChecksum(typed),
    warnings: latency?.warnings ?? [],
    scripting: scriptingSettings(typed),
  };
}

function parsed<Value>(text: string | null | undefined, parse: (text: string) => Value): Value | null {
  return text === undefined || text === null ? null : parse(text);
}

function passphraseSources(typed: TypedOptions, env: ListenEnvironment): readonly PassphraseSource[] {
  if (typed.passphraseFile !== undefined) return checkedFiles(typed.passphraseFile);
  const variable = passphraseVariable(env);
  return variable === null ? [] : [variable];
}

function verbosityOf(typed: TypedOptions): ListenSettings["verbosity"] {
  if (typed.quiet && typed.verbose) {
    throw new UsageError("cannot be --quiet and --verbose at once", { hint: "Leave one of the two out." });
  }
  return typed.quiet ? "quiet" : typed.verbose ? "verbose" : "normal";
}

/** Text of an option; empty text is what a script's unset variable leaves, and never meant. */
function notEmpty(text: string | undefined, option: string): string | null {
  if (text === "") {
    throw new UsageError(`cannot use an empty ${option}`, { hint: `Give ${option} a path, or leave it out.` });
  }
  return text ?? null;
}
