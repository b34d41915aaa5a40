/**
 * The `[[stream]]` and `[[user]]` tables of the configuration file.
 *
 * @module
 */

import { parseAddressRange } from "../admission/address_range.ts";
import { parseNamePattern } from "../admission/name_pattern.ts";
import type { ConfigTable } from "./config_file.ts";
import { type ConfigPlace, configProblem, placed, unknownKey } from "./config_problem.ts";
import { configFiles, configText, configTexts } from "./config_value.ts";
import type { StreamSettings, UserSettings } from "./listen_settings.ts";
import { parseIdle } from "./parse_idle.ts";
import { parseLatency } from "./parse_latency.ts";
import { parseLimit } from "./parse_limit.ts";
import { parseOnReturn } from "./parse_on_return.ts";
import { checkedFiles } from "./passphrase_source.ts";
import { neverCounts, refuseSecondStream, refuseSecondUser } from "./table_conflicts.ts";
import type { UsageError } from "./usage_error.ts";

/** What the tables of a file say. */
export interface Tables {
  readonly streams: readonly StreamSettings[];
  readonly users: readonly UserSettings[];
  readonly warnings: readonly string[];
}

/** Under construction. */
type Draft<Settings> = { -readonly [Key in keyof Settings]: Settings[Key] };

/** How each key of a table is read. Keys that `listen` has too are read by its own parsers. */
type Readers<Settings> = Readonly<
  Record<string, (draft: Draft<Settings>, value: unknown, place: ConfigPlace) => readonly string[] | void>
>;

const STREAM_KEYS: Readers<StreamSettings> = {
  "name": (draft, value, place) => void (draft.name = parseNamePattern(configText(value, place))),
  "from": (draft, value, place) => void (draft.from = configTexts(value, place).map(parseAddressRange)),
  "passphrase-file": (draft, value, place) => void (draft.passphrases = checkedFiles(configFiles(value, place))),
  "latency": (draft, value, place) => {
    const { latencyMs, warnings } = parseLatency(configText(value, place));
    draft.latencyMs = latencyMs;
    return warnings;
  },
  "max-sessions": (draft, value, place) => {
    draft.maxPerStream = parseLimit(configText(value, place), "max-sessions");
  },
  "idle": (draft, value, place) => void (draft.idleMs = parseIdle(configText(value, place))),
  "on-return": (draft, value, place) => void (draft.onReturn = parseOnReturn(configText(value, place))),
};

const USER_KEYS: Readers<UserSettings> = {
  "name": (draft, value, place) => void (draft.name = configText(value, place)),
  "passphrase-file": (draft, value, place) => void (draft.passphrases = checkedFiles(configFiles(value, place))),
};

/** Reads the tables. @throws {UsageError} */
export function readTables(tables: readonly ConfigTable[], path: string): Tables {
  const streams: StreamSettings[] = [];
  const users: UserSettings[] = [];
  const warnings: string[] = [];
  for (const table of tables) {
    const place = { path, line: table.line, key: table.name };
    const source = `[[${table.name}]] in line ${table.line} of ${path}`;
    switch (table.repeated ? table.name : `[${table.name}]`) {
      case "stream": {
        const draft: Draft<StreamSettings> = { ...EMPTY_STREAM, source };
        warnings.push(...fill(draft, table, { path, readers: STREAM_KEYS }));
        if (draft.name.text === "") throw missing(place, "name", 'name = "cam*"');
        refuseSecondStream(draft, streams, place);
        warnings.push(...neverCounts(draft, streams));
        streams.push(draft);
        break;
      }
      case "user": {
        const draft: Draft<UserSettings> = { name: "", passphrases: [], source };
        warnings.push(...fill(draft, table, { path, readers: USER_KEYS }));
        if (draft.name === "") throw missing(place, "name", 'name = "anna"');
        if (draft.passphrases.length === 0) throw missing(place, "passphrase-file", 'passphrase-file = "anna.txt"');
        refuseSecondUser(draft, users, place);
        users.push(draft);
        break;
      }
      default:
        throw configProblem(place, {
          problem: "there is no such table",
          hint: "Tables here: [[stream]] and [[user]], both in two brackets.",
        });
    }
  }
  return { streams, users, warnings };
}

const EMPTY_STREAM: StreamSettings = {
  name: { text: "", matches: () => false },
  from: null,
  passphrases: null,
  latencyMs: null,
  maxPerStream: null,
  idleMs: null,
  onReturn: null,
  source: "",
};

function fill<Settings>(
  draft: Draft<Settings>,
  { entries }: ConfigTable,
  { path, readers }: { readonly path: string; readonly readers: Readers<Settings> },
): readonly string[] {
  return entries.flatMap(({ key, value, line }) => {
    const place = { path, line, key };
    const read = Object.hasOwn(readers, key) ? readers[key] : undefined;
    if (read === undefined) throw unknownKey(place, Object.keys(readers));
    try {
      return read(draft, value, place) ?? [];
    } catch (cause) {
      if (cause instanceof RangeError) {
        throw configProblem(place, { problem: cause.message, hint: "See the README.", cause });
      }
      throw placed(cause, place);
    }
  });
}

function missing(place: ConfigPlace, key: string, example: string): UsageError {
  return configProblem(place, { problem: `it has no ${JSON.stringify(key)}`, hint: `Write below it: ${example}` });
}
