/**
 * Reads the entries and tables of a configuration file, as the option tables define them. Every error names the line,
 * and the key or the table.
 *
 * @module
 */

import type { AddressRange } from "../admission/address_range.ts";
import type { NamePattern } from "../admission/name_pattern.ts";
import type { OnReturn } from "../admission/policy.ts";
import type { Hook } from "../hooks/contract.ts";
import type { SessionOptions } from "../srt/session_option.ts";
import type { ConfigEntry, ConfigTable } from "./config_file.ts";
import { checkGiven, type Given, lastGiven, readGiven, valuesOf } from "./given.ts";
import { HOOK_KEYS, type ListenValues, PULL_KEYS, STREAM_KEYS, USER_KEYS } from "./listen_options.ts";
import { nearestKey } from "./nearest_key.ts";
import { type FormOfTable, formsOf, keyOf, type SettingTable } from "./option.ts";
import type { PassphraseSource } from "./passphrase.ts";
import type { PullTarget } from "./pull_option.ts";
import { sessionOptions } from "./srt_option.ts";
import { type EntryPlace, lineOf, placedProblem, type UsageError } from "./usage_error.ts";

/** The pattern that matches every name. */
const EVERY_NAME = "*";

/** A [[stream]] table. A key that the table does not have is null here, but `srt` is empty. */
export interface StreamSettings {
  readonly name: NamePattern;
  readonly as: string | null;
  readonly from: readonly AddressRange[] | null;
  readonly passphrases: readonly PassphraseSource[] | null;
  readonly latencyMs: number | null;
  readonly maxPerStream: number | null;
  readonly idleMs: number | null;
  readonly onReturn: OnReturn | null;
  readonly srt: SessionOptions;
  /** Its place for messages: `[[stream]] on line 3 of splitter.toml`. */
  readonly source: string;
}

/** A [[user]] table. */
export interface UserSettings {
  readonly name: string;
  readonly passphrases: readonly PassphraseSource[];
  /** Its place for messages. */
  readonly source: string;
}

/** The [[stream]], [[user]], [[hook]] and [[pull]] tables of a file. */
export interface Tables {
  readonly streams: readonly StreamSettings[];
  readonly users: readonly UserSettings[];
  /** Each with the place of its command. */
  readonly tableHooks: readonly Given[];
  readonly pulls: readonly PullTarget[];
  readonly warnings: readonly string[];
}

/** Reads entries whose keys `table` defines. @throws {UsageError} */
export function readEntries(table: SettingTable, entries: readonly ConfigEntry[], path: string): readonly Given[] {
  const forms = new Map(
    formsOf(table).filter(({ setting }) => setting.inFile).map((form) => [keyOf(form.form), form]),
  );
  return entries.flatMap((entry) => {
    const place: EntryPlace = { kind: "entry", path, line: entry.line, key: entry.key };
    const form = forms.get(entry.key);
    if (form !== undefined) return readEntry(form, entry.value, place);
    // srt.fc = 8192 is the same as srt = { fc = 8192 }
    const [first = "", ...rest] = entry.key.split(".");
    const parent = forms.get(first);
    if (rest.length === 0 || parent === undefined || parent.setting.itemKey === null) {
      throw unknownKey(place, [...forms.keys()]);
    }
    return readEntry(parent, { [rest.join(".")]: entry.value }, place);
  });
}

/** Reads the tables. @throws {UsageError} */
export function readTables(tables: readonly ConfigTable[], path: string): Tables {
  const streams: StreamSettings[] = [];
  const users: UserSettings[] = [];
  const tableHooks: Given[] = [];
  const pulls: PullTarget[] = [];
  const warnings: string[] = [];
  for (const table of tables) {
    const place: EntryPlace = { kind: "entry", path, line: table.line, key: table.name };
    const source = `[[${table.name}]] ${lineOf(place)}`;
    switch (table.isRepeated ? table.name : `[${table.name}]`) {
      case "stream": {
        const stream = readStream(table, place, source);
        refuseSecondStream(stream, streams, place);
        warnings.push(...warnIfUnreachable(stream, streams));
        streams.push(stream);
        break;
      }
      case "user": {
        const user = readUser(table, place, source);
        refuseSecondUser(user, users, place);
        users.push(user);
        break;
      }
      case "hook":
        tableHooks.push(readHook(table, place));
        break;
      case "pull": {
        const pull = readPull(table, place);
        refuseSecondPull(pull, pulls, place);
        pulls.push(pull);
        break;
      }
      default:
        throw placedProblem(place, {
          problem: "there is no such table",
          hint: "use [[stream]], [[user]], [[hook]] or [[pull]], all in two brackets",
        });
    }
  }
  return { streams, users, tableHooks, pulls, warnings };
}

function readEntry(form: FormOfTable, value: unknown, place: EntryPlace): readonly Given[] {
  if (form.form.parse === undefined) return readFlag(value, place) ? [readGiven(form, null, place)] : [];
  if (!form.setting.isList) return [readGiven(form, readText(value, place), place)];
  const texts = form.setting.itemKey !== null && isTable(value)
    ? textsOfTable(value, place)
    : readTexts(value, place, { expectsTable: form.setting.itemKey !== null });
  return texts.map((text) => readGiven(form, text, place));
}

function readText(value: unknown, place: EntryPlace): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  throw placedProblem(place, { problem: "it is neither text nor a whole number", hint: `write ${place.key} = "..."` });
}

function readTexts(
  value: unknown,
  place: EntryPlace,
  { expectsTable }: { readonly expectsTable: boolean },
): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return value;
  const isEmpty = Array.isArray(value) && value.length === 0;
  throw placedProblem(place, {
    problem: isEmpty
      ? "the list is empty"
      : expectsTable
      ? "it is not a table"
      : "it is neither text nor a list of texts",
    hint: `write ${place.key} = ${expectsTable ? "{ NAME = VALUE }" : '["...", "..."]'}`,
  });
}

function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** Returns `KEY=VALUE` for each entry of a table. */
function textsOfTable(table: Readonly<Record<string, unknown>>, place: EntryPlace): readonly string[] {
  return Object.entries(table).map(([key, value]) => {
    const text = typeof value === "boolean" ? String(value) : readText(value, { ...place, key: `${place.key}.${key}` });
    return `${key}=${text}`;
  });
}

function readFlag(value: unknown, place: EntryPlace): boolean {
  if (typeof value === "boolean") return value;
  throw placedProblem(place, { problem: "it is neither true nor false", hint: `write ${place.key} = true` });
}

function unknownKey(place: EntryPlace, keys: readonly string[]): UsageError {
  if (/^passphrase$/i.test(place.key)) {
    return placedProblem(place, {
      problem: "a passphrase must not be in a configuration file, because such files are shared",
      hint: 'put it into a file of its own: passphrase-file = "secret.txt"',
    });
  }
  const near = nearestKey(place.key, keys);
  const hint = `${near === null ? "" : `did you mean ${near}? `}keys: ${keys.join(", ")}`;
  return placedProblem(place, { problem: "there is no such key", hint });
}

function readStream(table: ConfigTable, place: EntryPlace, source: string): StreamSettings {
  const { name, as, from, passphraseFiles, srt, ...terms } = readTable(STREAM_KEYS, table, place);
  if (name === null) throw missing(place, "name", 'name = "cam*"');
  return {
    name,
    as,
    from: nullIfEmpty(from),
    passphrases: nullIfEmpty(passphraseFiles),
    ...terms,
    srt: sessionOptions(srt),
    source,
  };
}

function readUser(table: ConfigTable, place: EntryPlace, source: string): UserSettings {
  const { name, passphraseFiles } = readTable(USER_KEYS, table, place);
  if (name === null || name === "") throw missing(place, "name", 'name = "anna"');
  if (passphraseFiles.length === 0) throw missing(place, "passphrase-file", 'passphrase-file = "anna.txt"');
  return { name, passphrases: passphraseFiles, source };
}

function readHook(table: ConfigTable, place: EntryPlace): Given {
  const given = givenIn(HOOK_KEYS, table, place);
  const { events, command, timeoutMs } = valuesOf(HOOK_KEYS, given);
  if (events.length === 0) throw missing(place, "on", 'on = "session-end"');
  if (command === null) throw missing(place, "command", 'command = "notify.sh {stream}"');
  const value: Hook = { events, command, timeoutMs };
  return {
    name: "hooks" satisfies keyof ListenValues,
    as: "[[hook]]",
    value,
    place: lastGiven(given, "command").place,
  };
}

function readPull(table: ConfigTable, place: EntryPlace): PullTarget {
  const { target, name, passphraseFile, latencyMs } = readTable(PULL_KEYS, table, place);
  if (target === null) throw missing(place, "url", 'url = "srt://192.0.2.9:9000"');
  return {
    ...target,
    name: name ?? target.name,
    passphrase: passphraseFile ?? target.passphrase,
    latencyMs: latencyMs ?? target.latencyMs,
  };
}

function readTable<Keys extends SettingTable>(keys: Keys, table: ConfigTable, place: EntryPlace) {
  return valuesOf(keys, givenIn(keys, table, place));
}

function givenIn(keys: SettingTable, { entries }: ConfigTable, { path }: EntryPlace): readonly Given[] {
  const given = readEntries(keys, entries, path);
  checkGiven(keys, given);
  return given;
}

function missing(place: EntryPlace, key: string, example: string): UsageError {
  return placedProblem(place, { problem: `it has no ${JSON.stringify(key)}`, hint: `add ${example}` });
}

function nullIfEmpty<Item>(items: readonly Item[]): readonly Item[] | null {
  return items.length === 0 ? null : items;
}

function refuseSecondUser({ name }: UserSettings, before: readonly UserSettings[], place: EntryPlace): void {
  const first = before.find((user) => user.name === name);
  if (first === undefined) return;
  throw placedProblem(place, {
    problem: `${first.source} has the user ${JSON.stringify(name)} already`,
    hint: 'list all passphrases of a user in one table: passphrase-file = ["new.txt", "old.txt"]',
  });
}

function refuseSecondPull({ name }: PullTarget, before: readonly PullTarget[], place: EntryPlace): void {
  if (!before.some((pull) => pull.name === name)) return;
  throw placedProblem(place, {
    problem: `another [[pull]] table has the name ${JSON.stringify(name)} already`,
    hint: 'give it another name: name = "cam2"',
  });
}

/** Rejects a second table with the same pattern and the same addresses, but not patterns that overlap. @throws {UsageError} */
function refuseSecondStream(
  { name, from }: StreamSettings,
  before: readonly StreamSettings[],
  place: EntryPlace,
): void {
  const first = before.find((stream) => stream.name.text === name.text && isSame(stream.from, from));
  if (first === undefined) return;
  const addresses = from === null ? "" : " for the same addresses";
  throw placedProblem(place, {
    problem: `${first.source} has this name${addresses} already`,
    hint: "put the keys of both into one table",
  });
}

/**
 * Warns of a table that never applies, because one before it has the same pattern or matches every name. `from` makes no
 * difference: the first table that matches the name applies. Patterns that overlap, such as `cam*` before `cam1`, are not found.
 */
function warnIfUnreachable({ name, source }: StreamSettings, before: readonly StreamSettings[]): readonly string[] {
  const first = before.find((stream) => stream.name.text === EVERY_NAME || stream.name.text === name.text);
  if (first === undefined) return [];
  return [`${source} never applies: ${first.source} is before it and matches every name that it matches`];
}

/** Reports whether two tables have the same addresses, in any order. */
function isSame(one: readonly AddressRange[] | null, other: readonly AddressRange[] | null): boolean {
  if (one === null || other === null) return one === other;
  const [first, second] = [one, other].map((ranges) => [...new Set(ranges.map(({ text }) => text))].sort().join());
  return first === second;
}
