/**
 * Finds phrases that the house style replaces, in code and documents.
 *
 * @module
 */

import { textFiles } from "./files.ts";

/** A phrase, and what to write instead. */
interface Phrase {
  readonly pattern: RegExp;
  readonly instead: string;
}

const PHRASES: readonly Phrase[] = [
  { pattern: /\btold\b|\btells?\b/i, instead: "report, return, log" },
  { pattern: /\bsays\b|\b(?:say|said) so\b/i, instead: "report, print, contain" },
  { pattern: /(?<!["'`])\b(?:no|some|any|every)body\b(?!["'`])/i, instead: "no caller, a user, every program" },
  { pattern: /\bas good as\b/i, instead: "almost, nearly" },
  { pattern: /\b(?:in|its|own|our|their) words\b/i, instead: "message, text" },
  { pattern: /\bwithout a word\b/i, instead: "without a message" },
  { pattern: /\b(?:becomes?|became) of\b/i, instead: "how it ended" },
  { pattern: /\blet(?:s|ting)? (?:\w+ ){0,3}(?:go|in)\b(?! the\b)/i, instead: "close, end, admit" },
  { pattern: /\b(?:is|are|was|were) to (?!date\b)[a-z]/i, instead: "must, should, will" },
  { pattern: /\bwhere (?:there|nothing|none|no|both|all)\b|@throws \{\w+\} where\b/i, instead: "if, when" },
  { pattern: /\ball is well\b/i, instead: "there is no problem" },
  { pattern: /\b(?:after|for|within|each|in|took) so (?:long|many)\b/i, instead: "for this long, after this many" },
  { pattern: /\ba next\b|\b(?:the|its) begin\b/i, instead: "another, the next, the start" },
  {
    pattern: /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|more\b)[a-z]/i,
    instead: "is not a, has no, there is no",
  },
  { pattern: /\bin vain\b|\bto nowhere\b|\bfor good\b/i, instead: "without a result, broken, permanently" },
  { pattern: /\bwhoever\b/i, instead: "the caller of the function, the code that" },
  { pattern: /\blook(?:s|ed)? (?:at|after|like)\b/i, instead: "check, read, use, resemble" },
  { pattern: /^ \* (?:Called by|Fails)\b/, instead: "nothing: the import graph and @throws have it" },
];

/** Files about these phrases. */
const EXEMPT: readonly string[] = ["scripts/check_language.ts", "tests/scripts/check_language_test.ts"];

/**
 * Checks every text file below `root`.
 *
 * @param root Top of the project, without a slash at its end
 * @returns One line for each phrase; empty if there is none
 */
export function checkLanguage(root: string): readonly string[] {
  return textFiles(root).filter((file) => !EXEMPT.includes(file)).flatMap((file) =>
    findPhrases(Deno.readTextFileSync(`${root}/${file}`))
      .map(({ line, text, instead }) => `${file}:${line}: "${text}": write ${instead}`)
  );
}

/** Finds the phrases in a text. `line` counts from 1. */
export function findPhrases(
  content: string,
): readonly { readonly line: number; readonly text: string; readonly instead: string }[] {
  return content.split("\n").flatMap((line, index) =>
    PHRASES.flatMap(({ pattern, instead }) => {
      const text = pattern.exec(line)?.[0];
      return text === undefined ? [] : [{ line: index + 1, text, instead }];
    })
  );
}
