/**
 * Reads the template of file names, such as `{stream}/{date}/{stream}_{time}_{segment}.ts`.
 *
 * @module
 */

import { isSecretKey, UNSAFE } from "../packet/secret_text.ts";
import { sanitize } from "../recording/file_name.ts";
import { ID_PREFIX, NAME_FIELDS, type NamePart, type NameTemplate } from "../recording/name_template.ts";
import { nearestKey } from "./nearest_key.ts";
import { ValueError } from "./usage_error.ts";

/** Maximum number of folders in a template, so that a path stays below the limit of the system (4096 bytes). */
const MAX_FOLDERS = 8;
/** Maximum number of bytes of literal text in a folder or file name, so that there is room for the values of fields. */
const MAX_LITERAL_BYTES = 100;
/** A field, or text up to the next brace. */
const PART = /\{([^{}]*)\}|([^{}]+)/gy;
/** A key of a stream ID that can be in a template. */
const ID_KEY = /^[\w.-]{1,64}$/;

const ENDING = /\.ts$/i;
const EXAMPLE = "write a path below --out, such as {stream}/{date}/{stream}_{time}.ts";

/** Reads a template. `.ts` may be left out. @throws {ValueError} */
export function parseNameTemplate(text: string): NameTemplate {
  if (text === "") throw new ValueError("it is empty", { hint: EXAMPLE });
  if (text.startsWith("/")) {
    throw new ValueError("it is an absolute path", {
      hint: "remove the / at its beginning: names are relative to --out",
    });
  }
  if (text.search(UNSAFE) !== -1) {
    throw new ValueError("it contains a control character or an invisible one", { hint: EXAMPLE });
  }
  if (text.endsWith("/")) {
    throw new ValueError("it ends with a folder", { hint: "add the name of the file, such as {stream}_{time}.ts" });
  }
  const components = text.replace(ENDING, "").split("/");
  if (components.length > MAX_FOLDERS + 1) {
    throw new ValueError(`it has more than ${MAX_FOLDERS} folders`, { hint: EXAMPLE });
  }
  return components.map(parseComponent);
}

function parseComponent(text: string): readonly NamePart[] {
  if (text === "") throw new ValueError("a folder or the file has an empty name", { hint: EXAMPLE });
  if (text === "." || text === "..") {
    throw new ValueError(`a folder or the file has the name ${text}`, {
      hint: "names are relative to --out: choose the folder with --out",
    });
  }
  const parts = parseParts(text, "{stream}");
  const literals = parts.filter((part) => typeof part === "string").join("");
  if (new TextEncoder().encode(literals).length > MAX_LITERAL_BYTES) {
    throw new ValueError(`a folder or the file has more than ${MAX_LITERAL_BYTES} bytes of text besides fields`, {
      hint: "shorten it, so that fields have room",
    });
  }
  if (parts.length === 1 && typeof parts[0] === "string" && sanitize(parts[0], MAX_LITERAL_BYTES) === "") {
    throw new ValueError(`the name ${text} has no letter, digit or field`, {
      hint: "use letters, digits and fields",
    });
  }
  return parts;
}

/** Splits a text into literal text and fields. `example`: a field for the hint, such as `{stream}`. @throws {ValueError} */
export function parseParts(text: string, example: string): readonly NamePart[] {
  const parts: NamePart[] = [];
  let end = 0;
  for (const match of text.matchAll(PART)) {
    const [whole, field, literal] = match;
    parts.push(literal ?? { field: parseField(field ?? "") });
    end = match.index + whole.length;
  }
  if (end < text.length) {
    throw new ValueError(`unmatched brace: ${text.slice(end)}`, { hint: `write fields as ${example}` });
  }
  return parts;
}

/** Checks the name of a field, and returns it, with the KEY of `id.KEY` in lower case. @throws {ValueError} */
export function parseField(text: string): string {
  if (text.startsWith(ID_PREFIX)) return ID_PREFIX + parseIdKey(text.slice(ID_PREFIX.length));
  if (Object.hasOwn(NAME_FIELDS, text)) return text;
  const names = Object.keys(NAME_FIELDS);
  const nearest = nearestKey(text, names);
  const known = `the fields are ${names.join(", ")}, and id.KEY for a key of the stream ID`;
  throw new ValueError(`there is no field {${text}}`, {
    hint: nearest === null ? known : `write {${nearest}}; ${known}`,
  });
}

function parseIdKey(text: string): string {
  const key = text.toLowerCase();
  if (!ID_KEY.test(key)) {
    throw new ValueError(`{id.${text}} names no key of a stream ID`, {
      hint: "write id. and a key of letters, digits, _, . or -, such as {id.h} or {id.bmd_uuid}",
    });
  }
  if (isSecretKey(key)) {
    throw new ValueError(`{id.${text}} may be a secret, so it cannot be a field`, {
      hint: "use another key, or {stream} or {user}",
    });
  }
  return key;
}
