/**
 * What a configuration file says, in the form of the command line. The keys of its top level are the options of `listen`
 * themselves, so that neither can know one that the other does not.
 *
 * @module
 */

import { dirname } from "node:path";

import type { Option } from "@commander-js/extra-typings";

import type { ConfigEntry, ConfigFile } from "./config_file.ts";
import { type ConfigPlace, configProblem, placed, unknownKey } from "./config_problem.ts";
import { configFiles, configFlag, configPath, configText, configTexts } from "./config_value.ts";
import { libraryFile } from "./library_file.ts";
import { parseAddress } from "./parse_address.ts";
import type { TypedOptions, TypedRule } from "./typed_options.ts";

/** Options that make no sense in a file. */
const NOT_IN_FILES: ReadonlySet<string> = new Set(["config", "help"]);
/** The operand of `listen`. */
const ADDRESS_KEY = "address";
/** Options that decide one matter between them, so that one of them on the command line overrules all of them in the file. */
const ONE_MATTER: readonly (readonly (keyof TypedOptions)[])[] = [["quiet", "verbose"], ["sidecar", "checksum"]];
const RULE_NAMES: ReadonlySet<string> = new Set(["allow", "deny", "allowFrom", "denyFrom"]);

/**
 * Reads the top level of a file.
 *
 * @param options The options of `listen`.
 * @param check Throws what the command line would throw for these options. It is given each entry with all before it, so that an
 *   entry that contradicts an earlier one is named by its own line.
 * @throws {UsageError}
 */
export function readTopLevel(
  { path, entries }: ConfigFile,
  options: readonly Option[],
  check: (typed: TypedOptions) => void,
): TypedOptions {
  const known = options.filter((option) => !NOT_IN_FILES.has(option.name()));
  const keys = [ADDRESS_KEY, ...known.map((option) => option.name())];
  let all: TypedOptions = {};
  for (const entry of entries) {
    const place = { path, line: entry.line, key: entry.key };
    if (/^passphrase$/i.test(entry.key)) {
      throw configProblem(place, {
        problem: "a passphrase does not stand in a configuration file, which is passed around",
        hint: 'Put it into a file of its own: passphrase-file = "secret.txt"',
      });
    }
    const option = known.find((candidate) => candidate.name() === entry.key);
    if (option === undefined && entry.key !== ADDRESS_KEY) throw unknownKey(place, keys);
    const typed = option === undefined ? { address: configText(entry.value, place) } : read(option, entry, place);
    try {
      all = { ...all, ...typed };
      check(all);
    } catch (cause) {
      throw placed(cause, place);
    }
  }
  return all;
}

/** The command line wins, also over what in the file would contradict it; its rules stand before those of the file. */
export function merge(commandLine: TypedOptions, file: TypedOptions): TypedOptions {
  const rules: Record<string, readonly TypedRule[]> = {};
  for (const name of ["allow", "deny", "allowFrom", "denyFrom"] as const) {
    const first = commandLine[name]?.map((rule) => ({ ...rule, order: rule.order - Number.MAX_SAFE_INTEGER })) ?? [];
    rules[name] = [...first, ...file[name] ?? []];
  }
  const overruled = overruledBy(commandLine);
  const counting = Object.fromEntries(Object.entries(file).filter(([name]) => !overruled.has(name)));
  return { ...counting, ...commandLine, ...rules };
}

/** Names of options that do not count in a file, though the command line does not have them themselves. */
function overruledBy(commandLine: TypedOptions): ReadonlySet<string> {
  const groups = ONE_MATTER.filter((group) => group.some((name) => commandLine[name] !== undefined));
  const inAddress = commandLine.address !== undefined && parseAddress(commandLine.address).latency !== null;
  return new Set([...groups.flat(), ...(inAddress ? ["latency"] : [])]);
}

function read(option: Option, { value, line }: ConfigEntry, place: ConfigPlace): TypedOptions {
  const name = option.attributeName();
  if (RULE_NAMES.has(name)) {
    const rules = configTexts(value, place).map((text, index): TypedRule => ({
      text,
      source: `${place.key} ${JSON.stringify(text)} in line ${line} of ${place.path}`,
      shown: JSON.stringify(text),
      order: line * 10_000 + index, // keys of one line come one after the other
    }));
    return { [name]: rules };
  }
  // commander does not count `--no-sidecar` among the booleans
  if (option.isBoolean() || option.negate) return configFlag(value, place) ? { [name]: !option.negate } : {};
  if (option.name() === "passphrase-file") return { [name]: configFiles(value, place) };
  if (option.parseArg !== undefined) return { [name]: configTexts(value, place) };
  const text = configText(value, place);
  if (option.name() === "libsrt") return { [name]: libraryFile(text, dirname(place.path)) };
  return { [name]: /<(file|dir)>/.test(option.flags) ? configPath(text, place) : text };
}
