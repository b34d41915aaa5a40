/**
 * Shortens names for the columns of a table so that they stay different. Pure.
 *
 * @module
 */

import stringWidth from "string-width";

const ELLIPSIS = "…";

/** Shortens `text` in the middle to at most `width` columns: `studio-no…camera-1`. */
export function shortenMiddle(text: string, width: number): string {
  return shortenAfter(text, { width, head: Math.ceil((width - 1) / 2) });
}

/** Removes the port from an endpoint such as `192.0.2.7:9000` or `[::1]:9000`, if it is wider than `width`. */
export function shortenEndpoint(endpoint: string, width: number): string {
  return stringWidth(endpoint) <= width ? endpoint : endpoint.replace(/:\d+$/, "");
}

/**
 * Shortens each name to at most `width` columns, in the middle if possible. Different names get different results if a way to
 * cut them is found.
 */
export function shortenNames(names: readonly string[], width: number): readonly string[] {
  const short = new Map([...new Set(names)].map((name) => [name, shortenMiddle(name, width)]));
  for (const alike of Object.values(Object.groupBy(short.keys(), (name) => short.get(name) ?? ""))) {
    if (alike === undefined || alike.length < 2) continue;
    const others = new Set(Array.from(short, ([name, result]) => alike.includes(name) ? null : result));
    const isDistinct = (results: readonly string[]) =>
      new Set(results).size === results.length && !results.some((result) => others.has(result));
    const found = waysToCut(alike, width).find(isDistinct);
    found?.forEach((result, index) => short.set(alike[index] ?? "", result));
  }
  return names.map((name) => short.get(name) ?? name);
}

/**
 * Returns ways to shorten names that would look alike, the preferred first: a cut at another place, then the part that differs.
 */
function waysToCut(names: readonly string[], width: number): readonly (readonly string[])[] {
  const middle = Math.ceil((width - 1) / 2);
  const heads = Array.from({ length: Math.max(0, width) }, (_, head) => head)
    .sort((a, b) => Math.abs(a - middle) - Math.abs(b - middle));
  const starts = [commonPrefix(names), Math.max(0, commonPrefix(names) - Math.floor(width / 2))];
  return [
    ...heads.map((head) => names.map((name) => shortenAfter(name, { width, head }))),
    ...starts.map((start) =>
      names.map((name) => `${ELLIPSIS}${takeStart([...name].slice(start), Math.max(0, width - 2))}${ELLIPSIS}`)
    ),
  ];
}

/** Shortens `text` to at most `width` columns: keeps the first `head` columns, and as much of its end as fits. */
function shortenAfter(text: string, { width, head }: { readonly width: number; readonly head: number }): string {
  if (stringWidth(text) <= width) return text;
  if (width < 1) return "";
  const characters = [...text];
  const start = takeStart(characters, head);
  const end = takeStart(characters.toReversed(), width - 1 - head);
  return `${start}${ELLIPSIS}${[...end].reverse().join("")}`;
}

/** Returns the first characters, as many as fit into `width` columns. */
function takeStart(characters: readonly string[], width: number): string {
  let used = 0;
  const taken: string[] = [];
  for (const character of characters) {
    used += stringWidth(character);
    if (used > width) break;
    taken.push(character);
  }
  return taken.join("");
}

/** Returns the length of the common prefix of all names, in characters. */
function commonPrefix([first = "", ...others]: readonly string[]): number {
  const characters = [...first];
  const differs = characters.findIndex((character, index) => others.some((other) => [...other][index] !== character));
  return differs === -1 ? characters.length : differs;
}
