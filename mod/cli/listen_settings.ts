/**
 * The settings of a `listen` run, from the command line, the configuration file and the environment.
 *
 * @module
 */

import type { LimitSources } from "../admission/policy.ts";
import { DEFAULT_TEMPLATE } from "../recording/name_template.ts";
import type { SegmentRules } from "../recording/segment_schedule.ts";
import type { RetentionRules } from "../retention/plan.ts";
import type { Expectation } from "../run/expectation.ts";
import type { StopSettings } from "../run/stop_conditions.ts";
import type { ListenAddress } from "./address.ts";
import { readEntries, readTables, type StreamSettings, type Tables, type UserSettings } from "./config_entries.ts";
import type { ConfigReader } from "./config_file.ts";
import { checkGiven, type Given, mergeGiven, valuesOf } from "./given.ts";
import { LISTEN_OPTIONS, type ListenValues, type SidecarSettings } from "./listen_options.ts";
import { type Environment, type PassphraseSource, passphraseVariable } from "./passphrase.ts";
import { type PullTarget, refuseSameNames } from "./pull_option.ts";
import { lineOf, UsageError } from "./usage_error.ts";
import { parseLibrary, STDOUT } from "./values.ts";
import { requireToken } from "./web_option.ts";

/** Interval of `stats` without `--out`: they are on then, because no file shows that payload arrives. Our choice. */
const STATS_WITHOUT_OUT_MS = 5000;

/** Keys of the configuration file, also of `[[stream]]`, whose values may be tables. */
const TABLE_KEYS = ["srt"];

/** When to stop, what to expect, and which reports to write. Null: not set. */
export interface ScriptingSettings {
  readonly stop: StopSettings;
  readonly expectations: readonly Expectation[];
  readonly junit: string | null;
  readonly summary: string | null;
  readonly readyFile: string | null;
}

/** All settings of a run. Their ranges are checked, but not whether ports are free and files can be used. */
export interface ListenSettings extends ListenAddress, SidecarSettings, Omit<ListenValues, "sidecar"> {
  /** Whether the payload of one session goes to stdout; `out` is null then. */
  readonly stdout: boolean;
  /** The valid passphrases of callers for which no [[stream]] or [[user]] table sets others; empty: they do not encrypt. */
  readonly passphrases: readonly PassphraseSource[];
  /** Interval of `stats` events in ms, 100 or more; null: none. */
  readonly statsIntervalMs: number | null;
  /** When recordings continue in new files; null: never. */
  readonly segments: SegmentRules | null;
  /** Which recordings are deleted, and how much space must stay free; null: no option sets either. */
  readonly retention: RetentionRules | null;
  readonly scripting: ScriptingSettings;
  readonly streams: readonly StreamSettings[];
  readonly users: readonly UserSettings[];
  /** The listeners that are called. */
  readonly pulls: readonly PullTarget[];
  /** Whether the run listens on a port; false for `record`. */
  readonly listens: boolean;
  readonly sources: LimitSources;
  /** Warnings to print before the run starts. */
  readonly warnings: readonly string[];
  /** The values of the option table, to find what a reload changes. `out` is null for stdout. */
  readonly values: ListenValues;
}

const NO_TABLES: Tables = { streams: [], users: [], tableHooks: [], pulls: [], warnings: [] };

/**
 * Returns the settings of a `record` run.
 *
 * @param commandLine What was given of the settings that `record` shares with `listen`.
 * @param targets The listeners, at least one. `passphrase`: for those that have no other; null: none.
 * @throws {UsageError}
 */
export function recordSettings(
  commandLine: readonly Given[],
  targets: readonly PullTarget[],
  { env, passphrase }: { readonly env: Environment; readonly passphrase: PassphraseSource | null },
): ListenSettings {
  const pulls = targets.map((target) => ({ ...target, passphrase: target.passphrase ?? passphrase }));
  refuseSameNames(pulls);
  // the variable is for the called listeners, which have got its passphrase above
  const settings = settingsOf(commandLine, { ...env, SRT_SPLITTER_PASSPHRASE: undefined }, { ...NO_TABLES, pulls });
  const { out, stdout, commands, udp, forwards } = settings;
  if (out === null && !stdout && commands.length + udp.length + forwards.length === 0) {
    throw new UsageError("cannot run record without --out: nothing would be recorded", {
      hint: "add --out DIR, or --out - for stdout",
    });
  }
  if (stdout && pulls.length > 1) {
    throw new UsageError("cannot use --out - with several addresses: the payload of one session goes to stdout", {
      hint: "name one address, or record into a folder: --out DIR",
    });
  }
  return { ...settings, listens: false };
}

/** Where settings come from, besides the command line. */
export interface SettingSources {
  readonly env: Environment;
  readonly readConfig: ConfigReader;
}

/** Reads the configuration file that the command line names, if any, and merges both. @throws {UsageError} */
export function listenSettings(commandLine: readonly Given[], { env, readConfig }: SettingSources): ListenSettings {
  const own = withQueryOfAddress(commandLine);
  checkGiven(LISTEN_OPTIONS, own);
  const { config } = valuesOf(LISTEN_OPTIONS, own);
  if (config === null) return settingsOf(own, env, NO_TABLES);
  const { path, entries, tables } = readConfig(config, TABLE_KEYS);
  const file = readEntries(LISTEN_OPTIONS, entries, path);
  checkGiven(LISTEN_OPTIONS, file);
  // an address of the command line replaces that of the file, its latency and SRT options included
  const isReplaced = own.some(({ name }) => name === "address");
  const kept = isReplaced ? file.filter(({ name }) => name !== "address") : withQueryOfAddress(file);
  const merged = mergeGiven(LISTEN_OPTIONS, { commandLine: own, file: kept });
  return settingsOf(merged, env, readTables(tables, path));
}

function settingsOf(
  given: readonly Given[],
  env: Environment,
  { tableHooks, ...tables }: Tables,
): ListenSettings {
  const read = valuesOf(LISTEN_OPTIONS, given);
  const stdout = read.out === STDOUT;
  if (stdout) refuseWithStdout(read, given);
  const values = stdout ? { ...read, out: null } : read;
  const { address, sidecar: { sidecar, checksum }, passphraseFiles, libsrt, out, statsInterval } = values;
  if (checksum !== null) requireOut(out, "--checksum");
  if (values.template !== DEFAULT_TEMPLATE) requireOut(out, "--name");
  if (values.rejoinMs !== null) {
    requireOut(out, "--rejoin");
    if (!sidecar) {
      throw new UsageError("cannot use --rejoin with --no-sidecar: only a recording with a sidecar is continued", {
        hint: "leave --no-sidecar out",
      });
    }
  }
  if (values.restarts && values.commands.length === 0) {
    throw new UsageError("cannot use --pipe-restart without --pipe", { hint: "add --pipe COMMAND" });
  }
  if (values.webhookSecretFile !== null && values.webhook === null) {
    throw new UsageError("cannot use --webhook-secret-file without --webhook", { hint: "add --webhook URL" });
  }
  if (values.webTokenFile !== null && values.web === null) {
    throw new UsageError("cannot use --web-token-file without --web", { hint: "add --web" });
  }
  if (values.web !== null) requireToken("--web", values.web, values.webTokenFile);
  if (values.replace && address.port === 0) {
    throw new UsageError("cannot use --replace with port 0", {
      hint: "name the port of the listener that is replaced",
    });
  }
  const segments = segmentsOf(values);
  const variable = passphraseFiles.length > 0 ? null : passphraseVariable(env);
  return {
    ...values,
    hooks: [...values.hooks, ...tableHooks],
    stdout,
    host: address.host,
    family: address.family,
    port: address.port,
    sidecar,
    checksum,
    segments,
    retention: retentionOf(values),
    passphrases: variable === null ? passphraseFiles : [variable],
    libsrt: libsrt ?? libraryOf(env),
    statsIntervalMs: statsInterval === null
      ? (out === null && !stdout ? STATS_WITHOUT_OUT_MS : null)
      : statsInterval || null,
    scripting: {
      stop: {
        stdout,
        sessions: values.sessions,
        forMs: values.forMs,
        waitMs: values.waitMs,
        expectedStreams: values.expectedStreams,
        idleExitMs: values.idleExitMs,
      },
      expectations: values.expectations,
      junit: values.junit,
      summary: values.summary,
      readyFile: values.readyFile,
    },
    ...tables,
    listens: true,
    sources: {
      maxSessions: sourceOf(given, "maxSessions"),
      maxPerAddress: sourceOf(given, "maxPerAddress"),
      maxPerStream: sourceOf(given, "maxPerStream"),
      onReturn: sourceOf(given, "onReturn"),
    },
    values,
  };
}

/** Throws if nothing is recorded. `option`: an option that was given and applies to recordings. @throws {UsageError} */
function requireOut(out: string | null, option: string): void {
  if (out !== null) return;
  throw new UsageError(`cannot use ${option} without --out: nothing is recorded`, {
    hint: `add --out DIR, or leave ${option} out`,
  });
}

/** Settings that apply only to files or to several sessions. */
const NOT_FOR_STDOUT: ReadonlySet<string> = new Set(
  [
    "template",
    "sidecar",
    "rejoinMs",
    "segmentMs",
    "segmentBytes",
    "segmentAligned",
    "segmentAtMs",
    "keepMs",
    "keepBytes",
    "minFreeBytes",
    "onFull",
    "maxSessions",
    "maxPerAddress",
    "maxPerStream",
    "onReturn",
  ] satisfies readonly (keyof ListenValues)[],
);

/** Throws if an option contradicts `--out -`. @throws {UsageError} */
function refuseWithStdout({ sessions }: ListenValues, given: readonly Given[]): void {
  const option = given.find(({ name }) => NOT_FOR_STDOUT.has(name))?.as ??
    (sessions !== null && sessions > 1 ? "--sessions" : null);
  if (option === null) return;
  throw new UsageError(`cannot use ${option} with --out -: the payload of one session goes to stdout, without a file`, {
    hint: `leave ${option} out, or record into a folder: --out DIR`,
  });
}

/** Returns when new files are due; null: never. */
function segmentsOf(
  { out, segmentMs, segmentBytes, segmentAligned, segmentAtMs, utc }: ListenValues,
): SegmentRules | null {
  if (segmentAligned && segmentMs === null) {
    throw new UsageError("cannot use --segment-align without --segment", {
      hint: "add --segment 15min or another time",
    });
  }
  if (segmentMs === null && segmentBytes === null && segmentAtMs.length === 0) return null;
  requireOut(out, segmentMs !== null ? "--segment" : segmentBytes !== null ? "--segment-size" : "--segment-at");
  return { everyMs: segmentMs, bytes: segmentBytes, isAligned: segmentAligned, atMs: segmentAtMs, utc };
}

/** Returns which recordings are deleted, and how much space must stay free; null if no option sets either. */
function retentionOf(
  { out, sidecar: { sidecar }, keepMs, keepBytes, minFreeBytes, onFull: action }: ListenValues,
): RetentionRules | null {
  if (action !== null && minFreeBytes === null) {
    throw new UsageError("cannot use --on-full without --min-free", { hint: "add --min-free 20GB or another size" });
  }
  const onFull = action ?? "stop";
  const [option = null] = [
    ...(keepMs === null ? [] : ["--keep"]),
    ...(keepBytes === null ? [] : ["--keep-size"]),
    ...(onFull === "oldest" ? ["--on-full oldest"] : []),
  ];
  if (option === null && minFreeBytes === null) return null;
  requireOut(out, option ?? "--min-free");
  if (!sidecar && option !== null) {
    throw new UsageError(`cannot use ${option} with --no-sidecar: only recordings with a sidecar are deleted`, {
      hint: "leave --no-sidecar out",
    });
  }
  return { keepMs, keepBytes, minFreeBytes, onFull };
}

/** Returns a setting with its value and its place as text; empty if it was not given. */
function sourceOf(given: readonly Given[], setting: keyof LimitSources): string {
  const found = given.findLast(({ name }) => name === setting);
  if (found === undefined) return "";
  const { as, value, place } = found;
  return place.kind === "argument" ? `${as} ${value}` : `${place.key} = ${JSON.stringify(value)} ${lineOf(place)}`;
}

/** Returns the libsrt that the environment names; an empty variable counts as unset. */
export function libraryOf({ SRT_SPLITTER_LIBSRT: name }: Environment): string | null {
  return name === undefined || name === ""
    ? null
    : parseLibrary(name, { kind: "argument", name: "SRT_SPLITTER_LIBSRT" });
}

/**
 * Adds the latency and the SRT options of an srt:// address as `--latency` and `--srt`. They come first, so that a `--latency` of
 * the same source (command line or file) takes precedence.
 */
function withQueryOfAddress(given: readonly Given[]): readonly Given[] {
  const { address: { latencyMs, srt } } = valuesOf(LISTEN_OPTIONS, given);
  const place = given.findLast(({ name }) => name === "address")?.place;
  if (place === undefined) return given;
  return [
    ...(latencyMs === null ? [] : [{ name: "latencyMs", as: "--latency", value: latencyMs, place }]),
    ...srt.map((value) => ({ name: "srt", as: "--srt", value, place })),
    ...given,
  ];
}
