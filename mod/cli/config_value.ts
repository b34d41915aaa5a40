/**
 * Values of the configuration file as the text that the command line would have.
 *
 * @module
 */

import { dirname, resolve } from "node:path";

import { type ConfigPlace, configProblem } from "./config_problem.ts";
import type { PassphraseFile } from "./passphrase_source.ts";

/** Text, or a whole number as text. @throws {UsageError} */
export function configText(value: unknown, place: ConfigPlace): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" && Number.isInteger(value)) return String(value);
  throw configProblem(place, {
    problem: "it is neither text nor a whole number",
    hint: `Write ${place.key} = "..."`,
  });
}

/** One text, or an array of texts. @throws {UsageError} */
export function configTexts(value: unknown, place: ConfigPlace): readonly string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return value;
  throw configProblem(place, {
    problem: "it is neither text nor a list of texts",
    hint: `Write ${place.key} = ["...", "..."]`,
  });
}

/** True or false. @throws {UsageError} */
export function configFlag(value: unknown, place: ConfigPlace): boolean {
  if (typeof value === "boolean") return value;
  throw configProblem(place, { problem: "it is neither true nor false", hint: `Write ${place.key} = true` });
}

/** A path, which counts from the folder of the configuration file. */
export function configPath(text: string, { path }: Pick<ConfigPlace, "path">): string {
  return text === "" ? text : resolve(dirname(path), text);
}

/** Passphrase files, one or several. @throws {UsageError} */
export function configFiles(value: unknown, place: ConfigPlace): readonly PassphraseFile[] {
  return configTexts(value, place).map((file) => ({ kind: "file", file: configPath(file, place), place }));
}
