/**
 * Makes the man page `srt-splitter.1` from the list of commands and the pages of the manual.
 *
 * @module
 */

import { lexer, type Token, type Tokens } from "marked";

import { VERSION } from "../mod/cli/about.ts";
import { COMMANDS, PROGRAM } from "../mod/cli/commands.ts";
import { type ManualPage, manualPages } from "../mod/cli/manual.ts";

/** Pages that come first; the others follow in the order of their names. */
const FIRST: readonly string[] = ["listening", "options", "configuration"];

/** Returns the page in the language of man(7). It depends on nothing but its sources, so two builds are the same. */
export function manPage(): string {
  const lines = [
    `.TH SRT\\-SPLITTER 1 "" "srt\\-splitter ${escape(VERSION)}"`,
    ".SH NAME",
    `srt\\-splitter \\- ${escape(PROGRAM.summary)}`,
    ".SH SYNOPSIS",
    ...Object.values(COMMANDS).flatMap((
      { name },
    ) => [".br", `.B srt\\-splitter ${escape(name)}`, "[OPTIONS] [ARGUMENTS]"]),
    ".SH COMMANDS",
    ...Object.values(COMMANDS).flatMap(({ name, summary }) => [".TP", `.B ${escape(name)}`, escapeStarts(summary)]),
    ...sortedPages().flatMap(pageLines),
  ];
  return `${lines.join("\n")}\n`;
}

function sortedPages(): readonly ManualPage[] {
  const pages = manualPages();
  const first = FIRST.flatMap((topic) => pages.filter((page) => page.topic === topic));
  return [...first, ...pages.filter((page) => !first.includes(page))];
}

function pageLines({ markdown }: ManualPage): readonly string[] {
  return lexer(markdown).flatMap(block);
}

function block(token: Token): readonly string[] {
  switch (token.type) {
    case "heading": {
      const { depth, tokens } = token as Tokens.Heading;
      const title = inline(tokens);
      if (depth === 1) return [`.SH ${title.toUpperCase()}`];
      return depth === 2 ? [`.SS ${title}`] : [".PP", `.B ${title}`];
    }
    case "paragraph": {
      const text = inline((token as Tokens.Paragraph).tokens);
      return text === "" ? [] : [".PP", escapeStarts(text)];
    }
    case "list":
      return (token as Tokens.List).items.flatMap(item);
    case "code":
      return [".PP", ".RS 4", ".nf", ...(token as Tokens.Code).text.split("\n").map(escapeLine), ".fi", ".RE"];
    case "table":
      return (token as Tokens.Table).rows.flatMap((row) => tableRow(row, (token as Tokens.Table).header));
    case "blockquote":
      return [".RS 4", ...(token as Tokens.Blockquote).tokens.flatMap(block), ".RE"];
    default:
      return []; // comments, and space between blocks
  }
}

function item({ tokens }: Tokens.ListItem): readonly string[] {
  const lines = tokens.flatMap((token) =>
    token.type === "text" ? [escapeStarts(inline((token as Tokens.Text).tokens ?? [token]))] : block(token)
  );
  return [".IP \\(bu 2", ...lines];
}

/** Formats a row: the first cell as a term, the others below it. */
function tableRow(
  [first, ...others]: readonly Tokens.TableCell[],
  header: readonly Tokens.TableCell[],
): readonly string[] {
  const cells = others.map(({ tokens }, index) => {
    const name = inline(header[index + 1]?.tokens ?? []);
    return others.length === 1 || name === "" ? inline(tokens) : `${name}: ${inline(tokens)}`;
  });
  return [".TP", escapeStarts(inline(first?.tokens ?? [])), escapeStarts(cells.join("; "))];
}

function inline(tokens: readonly Token[]): string {
  return tokens.map(span).join("");
}

function span(token: Token): string {
  const inner = "tokens" in token && token.tokens !== undefined ? inline(token.tokens) : null;
  switch (token.type) {
    case "strong":
    case "codespan":
      return `\\fB${inner ?? escape(token.text)}\\fR`;
    case "em":
      return `\\fI${inner ?? ""}\\fR`;
    case "link": {
      const { href } = token as Tokens.Link;
      return !/^\w+:/.test(href) ? inner ?? "" : `${inner} (${escape(href)})`;
    }
    case "br":
      return "\n.br\n";
    case "html":
    case "image":
      return "";
    default:
      return inner ?? escape(("text" in token ? String(token.text) : token.raw).replaceAll("\n", " "));
  }
}

/** Escapes a period or a quote at the start of a line, which would be a request. */
function escapeStarts(line: string): string {
  return line.replaceAll(/^(?=[.'])/gm, "\\&");
}

function escapeLine(line: string): string {
  return escapeStarts(escape(line));
}

/** Escapes what roff interprets; hyphens stay hyphens, so that options can be copied. */
function escape(plain: string): string {
  return plain.replaceAll("\\", "\\e").replaceAll("-", "\\-").replaceAll("'", "\\(aq").replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha").replaceAll("~", "\\(ti");
}

if (import.meta.main) {
  const dist = new URL("../dist/", import.meta.url);
  Deno.mkdirSync(dist, { recursive: true });
  Deno.writeTextFileSync(new URL("srt-splitter.1", dist), manPage());
}
