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
import { checkGiven, type Given, lastGiven, mergeGiven, valuesOf } from "./given.ts";
import { LISTEN_OPTIONS, type ListenValues, type SidecarSettings } from "./listen_options.ts";
import { type Environment, type PassphraseSource, passphraseVariable } from "./passphrase.ts";
import { type PullTarget, refuseSameNames } from "./pull_option.ts";
import { lineOf, type Place, placedConflict, UsageError } from "./usage_error.ts";
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
  /** Everything that was given, for the places of errors: {@linkcode placedItems} and {@linkcode lastGiven}. */
  readonly given: readonly Given[];
  /** Warnings to print before the run starts. */
  readonly warnings: readonly string[];
  /** The values of the option table, to find what a reload changes. `out` is null for stdout. */
  readonly values: ListenValues;
}

const NO_TABLES: Omit<Tables, "tableHooks"> = { streams: [], users: [], pulls: [], warnings: [] };

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
  const { tableHooks, ...others } = readTables(tables, path);
  return settingsOf([...merged, ...tableHooks], env, others);
}

/** An item of a list, with its place. */
interface PlacedItem<List> {
  readonly value: List extends readonly (infer Item)[] ? Item : never;
  readonly place: Place;
}

/** Returns the items of a list with their places, in the order of the list. */
export function placedItems<Name extends "commands" | "forwards" | "hooks">(
  { given }: Pick<ListenSettings, "given">,
  name: Name,
): readonly PlacedItem<ListenValues[Name]>[] {
  return given.filter((item): item is Given & PlacedItem<ListenValues[Name]> => item.name === name);
}

function settingsOf(given: readonly Given[], env: Environment, tables: Omit<Tables, "tableHooks">): ListenSettings {
  const read = valuesOf(LISTEN_OPTIONS, given);
  const stdout = read.out === STDOUT;
  if (stdout) refuseWithStdout(read, given);
  const values = stdout ? { ...read, out: null } : read;
  const { address, sidecar: { sidecar, checksum }, passphraseFiles, libsrt, out, statsInterval } = values;
  if (checksum !== null) requireOut(out, lastGiven(given, "sidecar"));
  if (values.template !== DEFAULT_TEMPLATE) requireOut(out, lastGiven(given, "template"));
  if (values.rejoinMs !== null) {
    requireOut(out, lastGiven(given, "rejoinMs"));
    if (!sidecar) {
      throw placedConflict(lastGiven(given, "rejoinMs").place, {
        conflict: "with --no-sidecar: only a recording with a sidecar is continued",
        hint: "leave --no-sidecar out",
      });
    }
  }
  if (values.restarts && values.commands.length === 0) {
    throw placedConflict(lastGiven(given, "restarts").place, {
      conflict: "without --pipe",
      hint: "add --pipe COMMAND",
    });
  }
  if (values.webhookSecretFile !== null && values.webhook === null) {
    throw placedConflict(lastGiven(given, "webhookSecretFile").place, {
      conflict: "without --webhook",
      hint: "add --webhook URL",
    });
  }
  if (values.webTokenFile !== null && values.web === null) {
    throw placedConflict(lastGiven(given, "webTokenFile").place, { conflict: "without --web", hint: "add --web" });
  }
  if (values.web !== null) requireToken(lastGiven(given, "web").place, values.web, values.webTokenFile);
  if (values.replace && address.port === 0) {
    throw new UsageError("cannot use --replace with port 0", {
      hint: "name the port of the listener that is replaced",
    });
  }
  const segments = segmentsOf(values, given);
  const variable = passphraseFiles.length > 0 ? null : passphraseVariable(env);
  return {
    ...values,
    stdout,
    host: address.host,
    family: address.family,
    port: address.port,
    sidecar,
    checksum,
    segments,
    retention: retentionOf(values, given),
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
    given,
    values,
  };
}

/** Throws if nothing is recorded. `given`: a setting that applies to recordings. @throws {UsageError} */
function requireOut(out: string | null, given: Given): void {
  if (out !== null) return;
  throw placedConflict(given.place, {
    conflict: "without --out: nothing is recorded",
    hint: `add --out DIR, or leave ${given.as} out`,
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
  const other = given.find(({ name }) => NOT_FOR_STDOUT.has(name)) ??
    (sessions !== null && sessions > 1 ? lastGiven(given, "sessions") : null);
  if (other === null) return;
  throw placedConflict(other.place, {
    conflict: "with --out -: the payload of one session goes to stdout, without a file",
    hint: `leave ${other.as} out, or record into a folder: --out DIR`,
  });
}

/** Returns when new files are due; null: never. */
function segmentsOf(
  { out, segmentMs, segmentBytes, segmentAligned, segmentAtMs, utc }: ListenValues,
  given: readonly Given[],
): SegmentRules | null {
  if (segmentAligned && segmentMs === null) {
    throw placedConflict(lastGiven(given, "segmentAligned").place, {
      conflict: "without --segment",
      hint: "add --segment 15min or another time",
    });
  }
  if (segmentMs === null && segmentBytes === null && segmentAtMs.length === 0) return null;
  const setting = segmentMs !== null ? "segmentMs" : segmentBytes !== null ? "segmentBytes" : "segmentAtMs";
  requireOut(out, lastGiven(given, setting));
  return { everyMs: segmentMs, bytes: segmentBytes, isAligned: segmentAligned, atMs: segmentAtMs, utc };
}

/** Returns which recordings are deleted, and how much space must stay free; null if no option sets either. */
function retentionOf(
  { out, sidecar: { sidecar }, keepMs, keepBytes, minFreeBytes, onFull: action }: ListenValues,
  given: readonly Given[],
): RetentionRules | null {
  if (action !== null && minFreeBytes === null) {
    throw placedConflict(lastGiven(given, "onFull").place, {
      conflict: "without --min-free",
      hint: "add --min-free 20GB or another size",
    });
  }
  const onFull = action ?? "stop";
  const deletes = keepMs !== null ? "keepMs" : keepBytes !== null ? "keepBytes" : onFull === "oldest" ? "onFull" : null;
  if (deletes === null && minFreeBytes === null) return null;
  const used = lastGiven(given, deletes ?? "minFreeBytes");
  requireOut(out, used);
  if (!sidecar && deletes !== null) {
    throw placedConflict(used.place, {
      value: deletes === "onFull" ? onFull : null,
      conflict: "with --no-sidecar: only recordings with a sidecar are deleted",
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
