/**
 * The `listen` command: its options, their help, and the settings they make.
 *
 * Called by: mod/cli/command_line.ts.
 * Fails: {@linkcode UsageError} for values that cannot be used; commander's own error for unknown options.
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

import type { ListenSettings } from "./listen_settings.ts";
import type { PassphraseSource } from "./passphrase_source.ts";
import { checksumOf } from "./checksum_option.ts";
import { parseAddress } from "./parse_address.ts";
import { parseLatency } from "./parse_latency.ts";
import { parseMaxSessions } from "./parse_max_sessions.ts";
import { parseStatsInterval } from "./parse_stats_interval.ts";
import { scriptingOptions, scriptingSettings, type TypedScripting } from "./scripting_options.ts";
import { UsageError } from "./usage_error.ts";

/** Interval of `stats` without `--out`: there is nothing else to see then. Our choice. */
const STATS_WITHOUT_OUT_MS = 5000;

const EXAMPLES = `
Examples:
  srt-splitter listen :9000 --out recordings   one .ts file per caller
  srt-splitter listen                          no files: what each session does
  srt-splitter listen 192.0.2.7:9000 --out /media/a --latency 500ms --utc
  srt-splitter listen --out rec --passphrase-file secret.txt --max-sessions 8
  srt-splitter listen :0 --out rec --json      a free port, events for a script

Exit codes:
  0 fine  1 a session failed  2 usage  3 cannot listen  4 no usable libsrt
  5 an --expect does not hold  6 nobody came (--wait)  7 a report not written`;

/** Names of the environment variables that `listen` heeds; the options win over them. */
export interface ListenEnvironment {
  readonly SRT_SPLITTER_PASSPHRASE?: string | undefined;
  readonly SRT_SPLITTER_LIBSRT?: string | undefined;
}

/** Makes the `listen` command; `done` is given the settings when it was parsed. */
export function listenCommand(env: ListenEnvironment, done: (settings: ListenSettings) => void): CommandUnknownOpts {
  const command = new Command("listen")
    .description("Records every SRT caller of one UDP port, each in a process of its own.")
    .argument(
      "[address]",
      "where to listen: :9000, 127.0.0.1:9000, [::1]:9000, srt://:9000; port 0 takes a free one",
      ":9000",
    )
    .option("-o, --out <dir>", "record into this folder, one .ts file per caller (made if missing)")
    .option("--latency <time>", "latency to ask for: 200ms, 2s, or a bare number of ms; the caller's counts if larger")
    .option(
      "--passphrase-file <file>",
      "the first line of this file is the passphrase (or set SRT_SPLITTER_PASSPHRASE)",
    )
    .option("--stats <time>", "statistics of each session this often, 0 for never (without --out: 5s)")
    .option("--max-sessions <n>", "refuse callers beyond so many at one time")
    .option("--no-analyze", "do not look into the streams: no TS health in lines, events and sidecars")
    .option("--no-sidecar", "no FILE.json beside each recording (caller, losses, TS health, why it ended)")
    .option("--checksum <algorithm>", "put a checksum of each recording into its sidecar: sha256")
    .option("--utc", "UTC instead of local time, in file names and lines")
    .option("--json", "one JSON object a line on stdout, nothing else there")
    .option("-q, --quiet", "say only what failed")
    .option("-v, --verbose", "say more, on stderr")
    .option("--libsrt <file>", "load this libsrt (or set SRT_SPLITTER_LIBSRT)")
    .addHelpText("after", EXAMPLES);
  for (const option of scriptingOptions()) command.addOption(option);
  command.action((address, options) => done(settingsOf({ address, ...options }, env)));
  return command;
}

/** What commander makes of the arguments. */
interface Typed extends TypedScripting {
  readonly address: string;
  readonly out?: string;
  readonly latency?: string;
  readonly passphraseFile?: string;
  readonly stats?: string;
  readonly maxSessions?: string;
  readonly analyze: boolean;
  readonly sidecar: boolean;
  readonly checksum?: string;
  readonly utc?: true;
  readonly json?: true;
  readonly quiet?: true;
  readonly verbose?: true;
  readonly libsrt?: string;
}

function settingsOf(typed: Typed, env: ListenEnvironment): ListenSettings {
  const { host, family, port, latency: addressLatency } = parseAddress(typed.address);
  const latency = typed.latency === undefined ? addressLatency : parseLatency(typed.latency);
  const out = notEmpty(typed.out, "--out");
  return {
    host,
    family,
    port,
    out,
    latencyMs: latency?.latencyMs ?? null,
    passphrase: passphraseSource(typed, env),
    statsIntervalMs: typed.stats === undefined
      ? (out === null ? STATS_WITHOUT_OUT_MS : null)
      : parseStatsInterval(typed.stats),
    format: typed.json ? "json" : "text",
    verbosity: verbosityOf(typed),
    libsrt: notEmpty(typed.libsrt, "--libsrt") ?? (env.SRT_SPLITTER_LIBSRT || null),
    utc: typed.utc ?? false,
    maxSessions: typed.maxSessions === undefined ? null : parseMaxSessions(typed.maxSessions),
    analyze: typed.analyze,
    sidecar: typed.sidecar,
    checksum: checksumOf(typed),
    warnings: latency?.warnings ?? [],
    scripting: scriptingSettings(typed),
  };
}

function passphraseSource(typed: Typed, env: ListenEnvironment): PassphraseSource | null {
  const file = notEmpty(typed.passphraseFile, "--passphrase-file");
  if (file !== null) return { kind: "file", file };
  const value = env.SRT_SPLITTER_PASSPHRASE;
  return value ? { kind: "environment", value } : null;
}

function verbosityOf(typed: Typed): ListenSettings["verbosity"] {
  if (typed.quiet && typed.verbose) {
    throw new UsageError("cannot be --quiet and --verbose at once", { advice: "Leave one of the two out." });
  }
  return typed.quiet ? "quiet" : typed.verbose ? "verbose" : "normal";
}

/** Text of an option; empty text is what a script's unset variable leaves, and never meant. */
function notEmpty(text: string | undefined, option: string): string | null {
  if (text === "") {
    throw new UsageError(`cannot use an empty ${option}`, { advice: `Give ${option} a path, or leave it out.` });
  }
  return text ?? null;
}
