/**
 * The command `help`: the list of commands and pages, or a page of the manual.
 *
 * @module
 */

import { COMMANDS } from "../mod/cli/commands.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { type ManualPage, manualPages } from "../mod/cli/manual.ts";
import { nearestKey } from "../mod/cli/nearest_key.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import type { Output } from "./output.ts";

/** Maximum width of a page. Our choice: longer lines are hard to read. */
const MAX_COLUMNS = 100;

/** Prints the list (`topic`: null) or a page, and returns the exit code. @throws {UsageError} There is no such page. */
export async function runManual(topic: string | null, output: Output): Promise<number> {
  const pages = manualPages();
  if (topic === null) {
    output.out.write(listOf(pages));
    return EXIT.ok;
  }
  const found = pages.find((page) => page.topic === topic.toLowerCase());
  if (found === undefined) throw unknownTopic(topic, pages);
  const { formatMarkdown } = await import("../mod/terminal/markdown.ts");
  const { isTerminal, paintOut, size } = output;
  const columns = Math.min(isTerminal ? size().columns : 80, MAX_COLUMNS);
  const text = formatMarkdown(found.markdown, { columns, color: paintOut !== null });
  if (isTerminal && Deno.stdin.isTerminal() && text.split("\n").length > size().rows) await showPaged(text, output);
  else output.out.write(text);
  return EXIT.ok;
}

function listOf(pages: readonly ManualPage[]): string {
  const commands = Object.values(COMMANDS).map(({ name, summary }) => [name, summary] as const);
  const topics = pages.map(({ topic, title }) => [topic, title] as const);
  const width = Math.max(...[...commands, ...topics].map(([name]) => name.length));
  const lines = (rows: readonly (readonly [string, string])[]) =>
    rows.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`);
  return ["Usage: srt-splitter help TOPIC", "", "Commands:", ...lines(commands), "", "Manual:", ...lines(topics)]
    .map((line) => `${line}\n`).join("");
}

function unknownTopic(topic: string, pages: readonly ManualPage[]): UsageError {
  const topics = pages.map(({ topic }) => topic);
  const near = nearestKey(topic, [...Object.keys(COMMANDS), ...topics]);
  return new UsageError(`there is no help on ${JSON.stringify(topic)}`, {
    hint: `${near === null ? "" : `did you mean ${near}? `}pages: ${topics.join(", ")}; commands: srt-splitter --help`,
  });
}

async function showPaged(text: string, { out, size }: Output): Promise<void> {
  const { page } = await import("../mod/terminal/pager.ts");
  const buffer = new Uint8Array(16);
  Deno.stdin.setRaw(true);
  try {
    await page(text, {
      write: (text) => out.write(text),
      readKey: async () => {
        const length = await Deno.stdin.read(buffer);
        return length === null ? null : new TextDecoder().decode(buffer.subarray(0, length));
      },
      rows: () => size().rows,
    });
  } finally {
    Deno.stdin.setRaw(false);
  }
}
