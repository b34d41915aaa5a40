/**
 * The configuration file, read into entries that know their line.
 *
 * Which keys there are is not known here: the top level takes the options of `listen`, the tables what their readers take.
 *
 * @module
 */

import { type AST, getStaticTOMLValue, parseTOML } from "toml-eslint-parser";

import { UsageError } from "./usage_error.ts";

/** One `key = value`. */
export interface ConfigEntry {
  /** Dots stand between the parts of a dotted key. */
  readonly key: string;
  /** What TOML makes of it: text, number, boolean, time, array or table. */
  readonly value: unknown;
  /** From 1. */
  readonly line: number;
}

/** One `[name]` or `[[name]]` with what stands below it. */
export interface ConfigTable {
  readonly name: string;
  /** Whether it stands in two brackets. */
  readonly repeated: boolean;
  readonly line: number;
  readonly entries: readonly ConfigEntry[];
}

/** A file that could be read; nothing in it is checked yet. */
export interface ConfigFile {
  /** As it was typed. */
  readonly path: string;
  /** What stands before the first table, in this order. */
  readonly entries: readonly ConfigEntry[];
  readonly tables: readonly ConfigTable[];
}

/** Reads a file. @throws {UsageError} */
export function readConfigFile(path: string): ConfigFile {
  return parseConfig(readText(path), path);
}

/** Reads the text of a file; `path` is for messages. @throws {UsageError} */
export function parseConfig(text: string, path: string): ConfigFile {
  // TOML has no byte order mark, but editors on Windows write one
  const { body } = parse(text.replace(/^\uFEFF/, ""), path).body[0];
  const entries: ConfigEntry[] = [];
  const tables: ConfigTable[] = [];
  for (const node of body) {
    if (node.type === "TOMLKeyValue") entries.push(entryOf(node));
    else {
      tables.push({
        name: keyOf(node.key),
        repeated: node.kind === "array",
        line: node.loc.start.line,
        entries: node.body.map(entryOf),
      });
    }
  }
  return { path, entries, tables };
}

function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch (cause) {
    throw new UsageError(`cannot read the configuration file ${JSON.stringify(path)}: ${reasonOf(cause)}`, {
      hint: "Name a TOML file with --config; what it can hold: srt-splitter listen --help",
      cause,
    });
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "there is no such file";
  if (error instanceof Deno.errors.PermissionDenied) return "this user may not read it";
  if (error instanceof Deno.errors.IsADirectory) return "it is a folder";
  return error instanceof Error ? error.message : String(error);
}

function parse(text: string, path: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { filePath: path, tomlVersion: "1.0" });
  } catch (cause) {
    // the class is not exported, but its fields are documented
    if (!(cause instanceof SyntaxError) || !("lineNumber" in cause)) throw cause;
    // a number without its key: what stands on the line may be a secret that was put there by mistake
    throw new UsageError(
      `cannot read line ${cause.lineNumber} of ${JSON.stringify(path)}: it is no TOML (${cause.message})`,
      {
        hint: 'Text stands in quotes, each key on a line of its own, such as: out = "recordings"',
        cause,
      },
    );
  }
}

function entryOf(node: AST.TOMLKeyValue): ConfigEntry {
  return { key: keyOf(node.key), value: getStaticTOMLValue(node.value), line: node.loc.start.line };
}

function keyOf({ keys }: AST.TOMLKey): string {
  return keys.map((key) => key.type === "TOMLBare" ? key.name : key.value).join(".");
}
