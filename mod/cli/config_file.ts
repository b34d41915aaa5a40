/**
 * Reads the configuration file into entries with their line numbers.
 *
 * Keys are not checked here: `config_entries.ts` does that.
 *
 * @module
 */

import { type AST, getStaticTOMLValue, parseTOML } from "toml-eslint-parser";

import { readProblem } from "../report/problem.ts";
import { UsageError } from "./usage_error.ts";

const OPTIONS = { tomlVersion: "1.0" } as const;

const NEWLINE = 0x0a;

/** The parser's message about a key or table that is defined a second time. */
const REPEATED = "Defining a key multiple times is invalid";

/** One `key = value`. */
export interface ConfigEntry {
  /** The parts of a dotted key are joined by dots. */
  readonly key: string;
  /** A TOML value: text, number, boolean, time, array or table. */
  readonly value: unknown;
  /** From 1. */
  readonly line: number;
}

/** One `[name]` or `[[name]]` with its entries. */
export interface ConfigTable {
  readonly name: string;
  /** Whether it has two brackets. */
  readonly isRepeated: boolean;
  readonly line: number;
  readonly entries: readonly ConfigEntry[];
}

/** A file as TOML: keys and values are not checked yet. */
export interface ConfigFile {
  /** As it was given. */
  readonly path: string;
  /** The entries before the first table, in order. */
  readonly entries: readonly ConfigEntry[];
  readonly tables: readonly ConfigTable[];
}

/**
 * Reads a file. (The parser of TOML takes 6 ms to load, so this module is loaded only if there may be a configuration file.)
 *
 * @param tableKeys The keys whose values may be tables.
 * @throws {UsageError}
 */
export function readConfigFile(path: string, tableKeys: readonly string[]): ConfigFile {
  return joinTables(parseConfig(decode(readBytes(path), path), path), tableKeys);
}

/** {@linkcode readConfigFile}. */
export type ConfigReader = typeof readConfigFile;

/** Reads the text of a file; `path` is for messages. @throws {UsageError} */
function parseConfig(text: string, path: string): ConfigFile {
  const { body } = parse(text, path).body[0];
  const entries: ConfigEntry[] = [];
  const tables: ConfigTable[] = [];
  for (const node of body) {
    if (node.type === "TOMLKeyValue") entries.push(entryOf(node));
    else {
      tables.push({
        name: keyOf(node.key),
        isRepeated: node.kind === "array",
        line: node.loc.start.line,
        entries: node.body.map(entryOf),
      });
    }
  }
  return { path, entries, tables };
}

/**
 * Turns tables that are values of keys into entries with dotted keys, as TOML defines them: `[srt]` with `fc = 8192` into
 * `srt.fc = 8192` before the first table, and `[stream.srt]` into the same in the `[[stream]]` before it.
 *
 * @param keys The keys whose values may be tables
 */
function joinTables({ path, entries, tables }: ConfigFile, keys: readonly string[]): ConfigFile {
  const joined = [...entries];
  const left: ConfigTable[] = [];
  for (const table of tables) {
    const last = left.at(-1);
    const keyAfter = (prefix: string) => keys.find((key) => !table.isRepeated && table.name === `${prefix}${key}`);
    const own = keyAfter("");
    const inner = last?.isRepeated ? keyAfter(`${last.name}.`) : undefined;
    if (own !== undefined) joined.push(...dottedEntries(table, own));
    else if (last !== undefined && inner !== undefined) {
      left.splice(-1, 1, { ...last, entries: [...last.entries, ...dottedEntries(table, inner)] });
    } else left.push(table);
  }
  return { path, entries: joined, tables: left };
}

function dottedEntries({ entries }: ConfigTable, key: string): readonly ConfigEntry[] {
  return entries.map((entry) => ({ ...entry, key: `${key}.${entry.key}` }));
}

function readBytes(path: string): Uint8Array {
  try {
    return Deno.readFileSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read the configuration file ${JSON.stringify(path)}: ${readProblem(cause)}`, {
      hint: "name a TOML file with --config; its keys: srt-splitter help configuration",
      cause,
    });
  }
}

/** Decodes the bytes of a file, line by line, so that the error can name the line. @throws {UsageError} They are not UTF-8. */
function decode(bytes: Uint8Array, path: string): string {
  const decoder = new TextDecoder("utf-8", { fatal: true }); // skips the byte order mark that editors on Windows write
  let text = "";
  for (let line = 1, start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(NEWLINE, start) + 1 || bytes.length;
    try {
      text += decoder.decode(bytes.subarray(start, end), { stream: end < bytes.length });
    } catch (cause) {
      throw new UsageError(`cannot read line ${line} of ${JSON.stringify(path)}: it is not UTF-8 text`, {
        hint: "save the file as plain text in UTF-8",
        cause,
      });
    }
    start = end;
  }
  return text;
}

function parse(text: string, path: string): AST.TOMLProgram {
  try {
    return parseTOML(text, OPTIONS);
  } catch (cause) {
    // the class is not exported, but its fields are documented
    if (!(cause instanceof SyntaxError) || !("lineNumber" in cause)) throw cause;
    // the number of the line without its text, which may be a secret that was put there by mistake
    const place = `line ${cause.lineNumber} of ${JSON.stringify(path)}`;
    if (cause.message === REPEATED) {
      throw new UsageError(`cannot use ${place}: it defines a key or table a second time`, {
        hint: 'keep one of the two; a key with several values has a list, such as: allow = ["cam*", "live/*"]',
        cause,
      });
    }
    throw new UsageError(`cannot read ${place}: it is not TOML (${cause.message})`, {
      hint: 'put text in quotes, close each bracket, and begin a line for each key, such as: out = "recordings"',
      cause,
    });
  }
}

function entryOf(node: AST.TOMLKeyValue): ConfigEntry {
  return { key: keyOf(node.key), value: getStaticTOMLValue(node.value), line: node.loc.start.line };
}

function keyOf({ keys }: AST.TOMLKey): string {
  return keys.map((key) => key.type === "TOMLBare" ? key.name : key.value).join(".");
}
