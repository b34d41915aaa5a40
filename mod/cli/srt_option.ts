/**
 * Reads an SRT option of sessions: `lossmaxttl=40`.
 *
 * @module
 */

import { versionNumber } from "../packet/hsreq.ts";
import { filterProblem } from "../packet/packet_filter.ts";
import {
  SESSION_OPTIONS,
  type SessionOption,
  type SessionOptionForm,
  type SessionOptionName,
  type SessionOptions,
  UNUSABLE_OPTIONS,
} from "../srt/session_option.ts";
import { formatVersion } from "../srt/version.ts";
import { nearestKey } from "./nearest_key.ts";
import { type Place, placedProblem, ValueError } from "./usage_error.ts";
import { parseAmount, parseDuration } from "./values.ts";

/** One option with its value. */
export interface SrtOption {
  readonly name: SessionOptionName;
  readonly value: boolean | number | string;
}

/** Words for a bool, as in srt-live-transmit. */
const TRUE: readonly string[] = ["1", "true", "yes", "on"];
const FALSE: readonly string[] = ["0", "false", "no", "off"];

/** Reads `NAME=VALUE` with any option. @throws {ValueError} or {@linkcode UsageError} */
export function parseSrtOption(text: string, place: Place): SrtOption {
  const [, typed = "", value] = /^([^=]*?)\s*(?:=\s*(.*))?$/s.exec(text.trim()) ?? [];
  const name = typed.toLowerCase();
  const known = optionOf(name, place);
  if (value === undefined || value === "") {
    throw new ValueError("it has no value", { hint: `write ${name}=VALUE, such as ${exampleOf(known.form, name)}` });
  }
  checkUse(name, value);
  return { name: name as SessionOptionName, value: parseForm(known.form, { name, value }) };
}

/** The same, for an option that a [[stream]] table can set. @throws {ValueError} or {@linkcode UsageError} */
export function parseStreamSrtOption(text: string, place: Place): SrtOption {
  const option = parseSrtOption(text, place);
  if (SESSION_OPTIONS[option.name].perStream) return option;
  throw new ValueError("it is sent to callers before their stream ID is known", {
    hint: `set it for all streams: srt = { ${option.name} = ${option.value} } before the first table`,
  });
}

/** Formats a value as it is typed. */
export function formatSrtOption(
  { name, value }: { readonly name: string; readonly value: SrtOption["value"] },
): string {
  if (typeof value === "boolean") return value ? "1" : "0";
  return name === "minversion" ? formatVersion(Number(value)) : String(value);
}

/** Returns the options by name. */
export function sessionOptions(options: readonly SrtOption[]): SessionOptions {
  return Object.fromEntries(options.map(({ name, value }) => [name, value]));
}

/** Finds an option. The error quotes the name alone, because the value may be a secret. @throws {UsageError} */
function optionOf(name: string, place: Place): SessionOption {
  if (Object.hasOwn(SESSION_OPTIONS, name)) return SESSION_OPTIONS[name as SessionOptionName];
  const names = Object.keys(SESSION_OPTIONS);
  const unusable = Object.hasOwn(UNUSABLE_OPTIONS, name) ? UNUSABLE_OPTIONS[name] : undefined;
  if (unusable !== undefined) {
    const [problem = "", hint = ""] = unusable.split("; ");
    throw placedProblem(place, { value: name, problem, hint });
  }
  const near = nearestKey(name, names);
  throw placedProblem(place, {
    value: name.replace(/[^\w-].*$/s, "..."),
    problem: "there is no such SRT option",
    hint: `${near === null ? "" : `did you mean ${near}? `}options: ${names.join(", ")}`,
  });
}

/** Rejects values that libsrt accepts but that would break a recording. @throws {ValueError} */
function checkUse(name: string, value: string): void {
  if (name !== "tlpktdrop" || !FALSE.includes(value.toLowerCase())) return;
  throw new ValueError("the session would stop at the first packet that never arrives", {
    hint: "leave it out, and set a longer --latency if the link needs more time for retransmissions",
  });
}

/** @throws {ValueError} */
function parseForm(
  form: SessionOptionForm,
  { name, value }: { readonly name: string; readonly value: string },
): boolean | number | string {
  switch (form.kind) {
    case "bool":
      return parseBool(name, value);
    case "number":
      return parseNumber(form, { name, value });
    case "choice":
      return parseChoice(form.values, { name, value });
    case "version":
      return parseVersion(name, value);
    case "filter":
      return parseFilter(value);
    default:
      return form satisfies never;
  }
}

function parseBool(name: string, value: string): boolean {
  const word = value.toLowerCase();
  if (TRUE.includes(word)) return true;
  if (FALSE.includes(word)) return false;
  throw new ValueError("it is neither 1 nor 0", { hint: `write ${name}=1 or ${name}=0` });
}

function parseNumber(
  { min, max, unit }: Extract<SessionOptionForm, { readonly kind: "number" }>,
  { name, value }: { readonly name: string; readonly value: string },
): number {
  const number = readNumber(value, unit);
  const range = `${name} is a whole number from ${min} to ${max}${unit === undefined ? "" : ` ${unit}`}`;
  if (number === null || !Number.isInteger(number)) throw new ValueError("it is not a whole number", { hint: range });
  if (number < min) throw new ValueError("it is too small", { hint: range });
  if (number > max) throw new ValueError("it is too large", { hint: range });
  return number;
}

/** Reads a number, with a unit if the option has one; null if the text is not a number. */
function readNumber(value: string, unit: "bytes" | "ms" | undefined): number | null {
  if (/^-?(?:0x[0-9a-f]{1,8}|\d{1,15})$/i.test(value)) {
    return value.startsWith("-") ? -Number(value.slice(1)) : Number(value);
  }
  if (unit === "bytes") return parseAmount(value, "bytes");
  return unit === "ms" ? parseDuration(value)?.ms ?? null : null;
}

function parseChoice(
  values: readonly number[],
  { name, value }: { readonly name: string; readonly value: string },
): number {
  const number = values.find((known) => String(known) === value);
  if (number !== undefined) return number;
  throw new ValueError("there is no such choice", {
    hint: `${name} is ${values.slice(0, -1).join(", ")} or ${values.at(-1)}`,
  });
}

/** Reads `1.4.2`, or the same version as libsrt's number, 0x010402. */
function parseVersion(name: string, value: string): number {
  const parts = /^(\d{1,3})\.(\d{1,3})(?:\.(\d{1,3}))?$/.exec(value)?.slice(1).map((part) => Number(part ?? 0));
  if (parts !== undefined && parts.every((part) => part < 256)) return versionNumber(parts.join("."));
  const number = readNumber(value, undefined);
  if (number !== null && number >= 0 && number <= 0xff_ffff) return number;
  throw new ValueError("it is not an SRT version", { hint: `write ${name}=1.4.2 or ${name}=0x010402` });
}

function parseFilter(value: string): string {
  const problem = filterProblem(value, { complete: false });
  if (problem === null) return value;
  throw new ValueError(problem, { hint: "write packetfilter=fec,cols:10,rows:5,layout:staircase,arq:onreq" });
}

/** Returns an example for messages: the option with a value. */
function exampleOf(form: SessionOptionForm, name: string): string {
  switch (form.kind) {
    case "bool":
      return `${name}=1`;
    case "number":
      return `${name}=${Math.max(form.min, 40)}`;
    case "choice":
      return `${name}=${form.values.at(-1)}`;
    case "version":
      return `${name}=1.4.2`;
    case "filter":
      return `${name}=fec,cols:10,rows:5`;
  }
}
