/**
 * Reads the command of `--pipe` or `--on`, such as `ffmpeg -i - -c copy {stream}.mp4`. No shell reads it.
 *
 * @module
 */

import type { CommandTemplate } from "../recording/command_template.ts";
import { parseField } from "./name_template.ts";
import { type Place, placedProblem, ValueError } from "./usage_error.ts";

/** Our choice: a longer command belongs in a script. */
const MAX_CHARACTERS = 8192;

const EXAMPLE = 'write a program and its arguments, such as "ffmpeg -i - -c copy {stream}.mp4"';

/** A part of an argument: literal text, or a field. */
type Part<Field extends string> = string | { readonly field: Field };

/** Characters before which a shell removes a backslash in double quotes. */
const ESCAPED_IN_QUOTES = '"\\$`\n';

/** The tokens of a command. Fields and doubled braces count in quotes too. */
const TOKEN =
  /(?<blank>[ \t\r\n]+)|(?<single>')|(?<double>")|\\(?<escaped>[^])|(?<brace>\{\{|\}\})|\{(?<field>[^{}]*)\}|(?<other>[^])/gy;

/**
 * Reads a command: words with blanks between them. Quotes and backslashes are read as in a shell. Besides them, only fields are
 * special. `{{` and `}}` stand for single braces.
 *
 * @throws {ValueError}
 */
export function parseCommand(text: string): CommandTemplate {
  return parseCommandWith(text, parseField);
}

/**
 * Reads a command like {@linkcode parseCommand}. `readField` checks the name of a field.
 *
 * @throws {ValueError}
 */
export function parseCommandWith<Field extends string>(
  text: string,
  readField: (name: string) => Field,
): readonly (readonly Part<Field>[])[] {
  if (text.length > MAX_CHARACTERS) {
    throw new ValueError(`it has more than ${MAX_CHARACTERS} characters`, { hint: "put it into a script" });
  }
  if (text.includes("\0")) throw new ValueError("it contains a NUL character", { hint: EXAMPLE });
  const words = splitWords(text, readField);
  const [program] = words;
  if (program === undefined || program.length === 0) throw new ValueError("it names no program", { hint: EXAMPLE });
  if (program.some((part) => typeof part !== "string")) {
    throw new ValueError("the program has a field", {
      hint: "callers must not choose the program: use fields in its arguments",
    });
  }
  return words;
}

/** Reads the command of an option. Errors do not quote it, because it may contain a secret. @throws {UsageError} */
export function parseCommandOption(text: string, place: Place): CommandTemplate {
  return hidingValue(() => parseCommand(text), place);
}

/** Calls `parse`, whose input may contain a secret: its ValueErrors become errors that do not quote it. @throws {UsageError} */
export function hidingValue<Value>(parse: () => Value, place: Place): Value {
  try {
    return parse();
  } catch (cause) {
    if (!(cause instanceof ValueError)) throw cause;
    throw placedProblem(place, { problem: cause.message, hint: cause.hint, cause });
  }
}

function splitWords<Field extends string>(text: string, readField: (name: string) => Field): readonly Part<Field>[][] {
  const words: Part<Field>[][] = [];
  let word: Part<Field>[] | null = null;
  let quote: "'" | '"' | null = null;
  for (let position = 0; position < text.length;) {
    TOKEN.lastIndex = position;
    const token = TOKEN.exec(text);
    const { blank, single, double, escaped, brace, field, other } = token?.groups ?? {};
    const escape = escaped === undefined ? null : readEscape(escaped, quote);
    position += escape?.characters ?? token?.[0].length ?? 1;
    if (escape?.text === "") continue;
    if (blank !== undefined && quote === null) {
      word = null;
      continue;
    }
    if (word === null) words.push(word = []);
    if (field !== undefined) {
      word.push({ field: readField(field) });
    } else if (single !== undefined && quote !== '"') {
      quote = quote === null ? "'" : null;
    } else if (double !== undefined && quote !== "'") {
      quote = quote === null ? '"' : null;
    } else {
      append(word, blank ?? single ?? double ?? brace?.slice(1) ?? other ?? escape?.text ?? "");
    }
  }
  if (quote !== null) throw new ValueError(`a quote (${quote}) is not closed`, { hint: EXAMPLE });
  return words;
}

/**
 * Reads a backslash and the character after it. The backslash is removed outside of quotes, and in double quotes before one of
 * {@linkcode ESCAPED_IN_QUOTES}; with a newline, both are removed. Otherwise it remains. A brace after it never begins a field.
 *
 * @returns What they stand for, and how many of the two characters were read.
 */
function readEscape(
  character: string,
  quote: "'" | '"' | null,
): { readonly text: string; readonly characters: number } {
  const isRemoved = quote === null || (quote === '"' && ESCAPED_IN_QUOTES.includes(character));
  if (isRemoved) return { text: character === "\n" ? "" : character, characters: 2 };
  if (character === "{" || character === "}") return { text: `\\${character}`, characters: 2 };
  return { text: "\\", characters: 1 };
}

function append(word: Part<string>[], text: string): void {
  const last = word.at(-1);
  if (typeof last === "string") word[word.length - 1] = last + text;
  else word.push(text);
}
