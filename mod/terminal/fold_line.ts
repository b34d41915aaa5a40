/**
 * Folds a long line for the width of a terminal, without breaking a path, a quoted value or a short phrase.
 *
 * @module
 */

import stringWidth from "string-width";
import wrapAnsi from "wrap-ansi";

/** A no-break space: it keeps words on one line while the rest is wrapped. */
export const GLUE = "\u00a0";

/**
 * Folds `line` at spaces, after a comma if possible. A word longer than a line stays whole.
 *
 * @param line One line without its end; it may hold colors. Spaces at its start are kept.
 * @param options `columns`: width of the terminal, or `Infinity`; `indent`: spaces before each further line; `atSpaces`: fold
 *   prose at any space
 */
export function foldLine(
  line: string,
  { columns, indent, atSpaces = false }: {
    readonly columns: number;
    readonly indent: number;
    readonly atSpaces?: boolean;
  },
): string {
  const room = columns - indent;
  if (stringWidth(line) <= columns || room < 1) return line;
  const [lead = ""] = /^ */.exec(line) ?? [];
  const phrases = line.slice(lead.length).split(", ").map((phrase) =>
    !atSpaces && stringWidth(phrase) < room ? glue(phrase) : glueQuotes(phrase)
  );
  // the first line could be longer by the indent, but the wrapper supports only one width
  const folded = wrapAnsi(phrases.join(", "), columns - Math.max(indent, lead.length), { trim: true, hard: false })
    .replaceAll(GLUE, " ")
    .replaceAll("\n", `\n${" ".repeat(indent)}`);
  return `${lead}${folded}`;
}

function glue(phrase: string): string {
  return phrase.replaceAll(" ", GLUE);
}

function glueQuotes(phrase: string): string {
  return phrase.replaceAll(/"[^"]*"/g, glue);
}
