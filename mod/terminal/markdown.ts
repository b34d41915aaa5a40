/**
 * Formats a page of Markdown for a terminal.
 *
 * @module
 */

import { styleText } from "node:util";

import { lexer, type Token, type Tokens } from "marked";
import stringWidth from "string-width";

import { escapeText } from "../report/escape_text.ts";
import { foldLine, GLUE } from "./fold_line.ts";

/** How a page is formatted. */
export interface MarkdownStyle {
  /** Width of the text. */
  readonly columns: number;
  readonly color: boolean;
}

/** Spaces before code. */
const CODE_INDENT = 4;
/** Spaces between two columns of a table. */
const GAP = 2;
/** Longest code that is kept on one line. Our choice. */
const MAX_WHOLE = 24;
/** The columns of a table are not narrowed further than to this width. Our choice. */
const MIN_COLUMN = 16;

/** Formats a page; the text has an end of line at its end. */
export function formatMarkdown(markdown: string, style: MarkdownStyle): string {
  return `${blocks(lexer(markdown), style).join("\n\n")}\n`;
}

function blocks(tokens: readonly Token[], style: MarkdownStyle): readonly string[] {
  return tokens.flatMap((token) => block(token, style));
}

function block(token: Token, style: MarkdownStyle): readonly string[] {
  switch (token.type) {
    case "heading": {
      const { depth, tokens } = token as Tokens.Heading;
      const text = inline(tokens, { ...style, color: false });
      return [paint("bold", depth === 1 ? text.toUpperCase() : text, style)];
    }
    case "paragraph": {
      const text = wrap(inline((token as Tokens.Paragraph).tokens, style), style);
      return text === "" ? [] : [text];
    }
    case "list":
      return [list(token as Tokens.List, style)];
    case "code":
      return [indent(escapeLines((token as Tokens.Code).text), CODE_INDENT)];
    case "table":
      return [table(token as Tokens.Table, style)];
    case "blockquote":
      return [indent(blocks((token as Tokens.Blockquote).tokens, narrowed(style, GAP)).join("\n\n"), GAP)];
    default:
      return []; // comments, and space between blocks
  }
}

function list({ items, loose, ordered }: Tokens.List, style: MarkdownStyle): string {
  const lines = items.map((item, index) => {
    const mark = ordered ? `${index + 1}. ` : "- ";
    const text = listItem(item, narrowed(style, mark.length));
    return `${mark}${indent(text, mark.length).trimStart()}`;
  });
  return lines.join(loose ? "\n\n" : "\n");
}

function listItem({ tokens }: Tokens.ListItem, style: MarkdownStyle): string {
  const parts = tokens.flatMap((token) =>
    token.type === "text" ? [wrap(inline((token as Tokens.Text).tokens ?? [token], style), style)] : block(token, style)
  );
  return parts.join("\n");
}

/** Formats a table with its cells folded. If its columns would be too narrow, each row is a paragraph. */
function table({ header, rows }: Tokens.Table, style: MarkdownStyle): string {
  const cells = [header, ...rows].map((row) => row.map(({ tokens }) => inline(tokens, style)));
  const natural = header.map((_, column) => Math.max(...cells.map((row) => stringWidth(row[column] ?? ""))));
  const widths = shrink(natural, style.columns - GAP * (header.length - 1));
  if (widths === null) return cells.slice(1).map((row) => wrap(rowText(row, cells[0] ?? []), style)).join("\n");
  const lines = cells.map((row) => tableRow(row, widths));
  lines[0] = paint("bold", lines[0] ?? "", style);
  return lines.join("\n");
}

/** Formats a row as `FIRST CELL: HEAD = CELL; HEAD = CELL`, without empty cells. */
function rowText([first = "", ...others]: readonly string[], [, ...heads]: readonly string[]): string {
  const named = others.flatMap((cell, index) => cell === "" ? [] : [`${heads[index] ?? ""} = ${cell}`]);
  return `${first}: ${named.join("; ")}`;
}

/** Narrows the widest columns until all fit; null if they would be too narrow. */
function shrink(natural: readonly number[], room: number): readonly number[] | null {
  const widths = [...natural];
  const excess = () => widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess() > 0) {
    const widest = Math.max(...widths);
    if (widest <= MIN_COLUMN) return null;
    widths[widths.indexOf(widest)] = widest - 1;
  }
  return widths;
}

function tableRow(row: readonly string[], widths: readonly number[]): string {
  const columns = row.map((cell, column) => wrap(cell, { columns: widths[column] ?? 0, color: false }).split("\n"));
  const height = Math.max(...columns.map((lines) => lines.length));
  const line = (index: number) =>
    columns.map((lines, column) => pad(lines[index] ?? "", widths[column] ?? 0)).join(" ".repeat(GAP)).trimEnd();
  return Array.from({ length: height }, (_, index) => line(index)).join("\n");
}

function inline(tokens: readonly Token[], style: MarkdownStyle): string {
  return tokens.map((token) => span(token, style)).join("");
}

function span(token: Token, style: MarkdownStyle): string {
  const inner = "tokens" in token && token.tokens !== undefined ? inline(token.tokens, style) : null;
  switch (token.type) {
    case "strong":
    case "em":
      return paint("bold", inner ?? "", style);
    case "codespan":
      return paint("cyan", whole(escapeText(unescaped(token.text))), style);
    case "link": {
      const { href } = token as Tokens.Link;
      // a relative link leads to a page or a file of the repository, which its text names
      return !/^\w+:/.test(href) || inner === href ? inner ?? "" : `${inner} (${escapeText(href)})`;
    }
    case "br":
      return "\n";
    case "html":
    case "image":
      return "";
    default:
      return inner ?? escapeText(unescaped("text" in token ? String(token.text) : token.raw).replaceAll("\n", " "));
  }
}

/** Replaces entities such as `&lt;` with their characters. */
function unescaped(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}

function wrap(text: string, { columns }: MarkdownStyle): string {
  const lines = text.split("\n").map((line) => foldLine(line, { columns, indent: 0, atSpaces: true }));
  return lines.join("\n").replaceAll(GLUE, " ");
}

/** Keeps a short piece of code on one line. */
function whole(code: string): string {
  return code.length > MAX_WHOLE ? code : code.replaceAll(" ", GLUE);
}

function narrowed(style: MarkdownStyle, by: number): MarkdownStyle {
  return { ...style, columns: style.columns - by };
}

function indent(text: string, by: number): string {
  return text.split("\n").map((line) => line === "" ? "" : `${" ".repeat(by)}${line}`).join("\n");
}

function pad(text: string, width: number): string {
  return `${text}${" ".repeat(Math.max(0, width - stringWidth(text)))}`;
}

function escapeLines(text: string): string {
  return text.split("\n").map(escapeText).join("\n");
}

function paint(format: "bold" | "cyan", text: string, { color }: MarkdownStyle): string {
  return color ? styleText(format, text, { validateStream: false }) : text;
}
