/**
 * Tables of the configuration file of which only the first would count.
 *
 * Only what is certain is told: tables whose texts are the same, and a `*` before others. Patterns are not compared any further.
 *
 * @module
 */

import type { AddressRange } from "../admission/address_range.ts";
import { type ConfigPlace, configProblem } from "./config_problem.ts";
import type { StreamSettings, UserSettings } from "./listen_settings.ts";

/** The pattern that matches every name. */
const EVERY_NAME = "*";

/** @throws {UsageError} Where a table before it is of the same user. */
export function refuseSecondUser({ name }: UserSettings, before: readonly UserSettings[], place: ConfigPlace): void {
  const first = before.find((user) => user.name === name);
  if (first === undefined) return;
  throw configProblem(place, {
    problem: `${first.source} is of the user ${JSON.stringify(name)} already`,
    hint: 'One table lists all files that are valid at once: passphrase-file = ["new.txt", "old.txt"]',
  });
}

/** @throws {UsageError} Where a table before it has the same pattern for the same addresses. */
export function refuseSecondStream(
  { name, from }: StreamSettings,
  before: readonly StreamSettings[],
  place: ConfigPlace,
): void {
  const first = before.find((stream) => stream.name.text === name.text && isSame(stream.from, from));
  if (first === undefined) return;
  const addresses = from === null ? "" : " for the same addresses";
  throw configProblem(place, {
    problem: `${first.source} has the name ${JSON.stringify(name.text)}${addresses} already`,
    hint: "Put what both say into one table.",
  });
}

/** Warns where a table before it matches every name that it matches. */
export function neverCounts(
  { name, source }: StreamSettings,
  before: readonly StreamSettings[],
): readonly string[] {
  const first = before.find((stream) => stream.name.text === EVERY_NAME || stream.name.text === name.text);
  if (first === undefined) return [];
  return [
    `${source} never counts: ${first.source} stands before it, and its name ${JSON.stringify(first.name.text)} ` +
    `matches whatever ${JSON.stringify(name.text)} does`,
  ];
}

/** Whether two tables are for the same addresses, in whatever order they stand. */
function isSame(one: readonly AddressRange[] | null, other: readonly AddressRange[] | null): boolean {
  if (one === null || other === null) return one === other;
  const texts = [one, other].map((ranges) => [...new Set(ranges.map(({ text }) => text))].sort().join());
  return texts[0] === texts[1];
}
