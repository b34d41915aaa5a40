/**
 * What was given for the settings of a table, on the command line or in a file, and the values that result.
 *
 * @module
 */

import { type FormOfTable, nameOf, type SettingTable, type ValuesOf } from "./option.ts";
import { type Place, placed, placedProblem } from "./usage_error.ts";

/** An option, operand or entry that was read. */
export interface Given {
  /** Name of the setting. */
  readonly name: string;
  /** Name of the form that gave it, such as `--out`. */
  readonly as: string;
  readonly value: unknown;
  readonly place: Place;
}

/** Returns what was given last for a setting. @throws {TypeError} It was not given. */
export function lastGiven(given: readonly Given[], name: string): Given {
  const found = given.findLast((item) => item.name === name);
  if (found === undefined) throw new TypeError(`${name} was not given`);
  return found;
}

/** Reads one option, operand or entry. `text`: null if an option was given without a value. @throws {UsageError} */
export function readGiven({ name, form }: FormOfTable, text: string | null, place: Place): Given {
  const as = nameOf(form);
  if (text === null) return { name, as, value: form.value, place };
  if (form.parse === undefined) throw new TypeError(`cannot read the text of ${as}: it takes none`);
  try {
    return { name, as, value: form.parse(text, place), place };
  } catch (thrown) {
    throw placed(thrown, place, text);
  }
}

/**
 * Checks that no setting with one value is given by two different options, that no list has too many items, and that no two items
 * of a list have the same key.
 *
 * @param given All from one place: the command line, or a file
 * @throws {UsageError}
 */
export function checkGiven(table: SettingTable, given: readonly Given[]): void {
  const seen = new Map<string, Given[]>();
  for (const item of given) {
    const before = seen.get(item.name) ?? [];
    seen.set(item.name, [...before, item]);
    const other = table[item.name]?.isList ? undefined : before.find(({ as }) => as !== item.as);
    if (other !== undefined) {
      throw placedProblem(item.place, { problem: `it contradicts ${other.as}`, hint: "leave one of the two out" });
    }
  }
  for (const [name, items] of seen) {
    const { maxItems = Infinity, itemKey = null } = table[name] ?? {};
    if (itemKey !== null) refuseRepeated(items, itemKey);
    const [first] = items;
    if (first === undefined || items.length <= maxItems) continue;
    throw placedProblem(first.place, {
      problem: `${items.length} are given, and ${maxItems} is the limit`,
      hint: "leave out those that are no longer needed",
    });
  }
}

/** @throws {UsageError} Two items have the same key. */
function refuseRepeated(items: readonly Given[], itemKey: (item: unknown) => string): void {
  const keys = new Set<string>();
  for (const { place, value } of items) {
    const key = itemKey(value);
    if (keys.has(key)) {
      throw placedProblem(place, { problem: `${key} is given twice`, hint: "leave one of the two out" });
    }
    keys.add(key);
  }
}

/**
 * Merges the command line with a file. A setting of the command line replaces that of the file. Exceptions: if the setting is
 * merged (`isMerged`), its items come before those of the file; if its items have keys, only those with the same key are
 * replaced.
 */
export function mergeGiven(
  table: SettingTable,
  { commandLine, file }: { readonly commandLine: readonly Given[]; readonly file: readonly Given[] },
): readonly Given[] {
  const keyOfItem = ({ name, value }: Given) => `${name} ${table[name]?.itemKey?.(value) ?? ""}`;
  const replaced = new Set(commandLine.filter(({ name }) => !table[name]?.isMerged).map(keyOfItem));
  return [...commandLine, ...file.filter((item) => !replaced.has(keyOfItem(item)))];
}

/** Returns the value of each setting. If a setting that is not a list was given repeatedly, the last value counts. */
export function valuesOf<Table extends SettingTable>(table: Table, given: readonly Given[]): ValuesOf<Table> {
  const entries = Object.entries(table).map(([name, { initial, isList }]) => {
    const values = given.filter((item) => item.name === name).map(({ value }) => value);
    return [name, values.length === 0 ? initial : isList ? values : values.at(-1)];
  });
  return Object.fromEntries(entries);
}
