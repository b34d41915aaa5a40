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
  { pattern: /^ \* (?:Called by|Fails)\b/, instead: "nothing: the import graph and @throws have it" },
];

/**
 * Files and folders whose text is not edited yet: their phrases are counted, not reported. A room leaves this list when it is
 * clean, and what is in no row is checked.
 */
export const UNEDITED: readonly string[] = [
  "tests/system",
];

/** What holds such phrases because it is about them. */
const EXEMPT: readonly string[] = ["scripts/check_language.ts", "tests/scripts/check_language_test.ts"];

/** The result of a check. */
export interface LanguageReport {
  /** One line for each phrase in an edited file. */
  readonly problems: readonly string[];
  /** Number of phrases in each part of {@linkcode UNEDITED}. */
  readonly remaining: ReadonlyMap<string, number>;
}

/**
 * Checks every text file below `root`.
 *
 * @param root Top of the project, without a slash at its end
 */
export function checkLanguage(root: string, unedited: readonly string[] = UNEDITED): LanguageReport {
  const problems: string[] = [];
  const remaining = new Map(unedited.map((part) => [part, 0]));
  for (const file of textFiles(root)) {
    if (EXEMPT.includes(file)) continue;
    const part = unedited.find((part) => file === part || file.startsWith(`${part}/`));
    const found = findPhrases(Deno.readTextFileSync(`${root}/${file}`));
    if (part !== undefined) remaining.set(part, (remaining.get(part) ?? 0) + found.length);
    else problems.push(...found.map(({ line, text, instead }) => `${file}:${line}: "${text}": write ${instead}`));
  }
  return { problems, remaining };
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
