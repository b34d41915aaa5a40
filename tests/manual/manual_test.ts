import assert from "node:assert/strict";

import { EXIT } from "../../mod/cli/exit_code.ts";
import { describeRejection, REJECTION } from "../../mod/packet/rejection_reason.ts";
import { RUN_QUANTITIES, SESSION_QUANTITIES } from "../../mod/run/expectation.ts";
import { EVENTS } from "../../mod/vocabulary/events.ts";
import { SrtStatistics } from "../../mod/vocabulary/statistics.ts";
import { END_REASONS, isCleanEnd } from "../../mod/vocabulary/values.ts";

const MANUAL = new URL("../../mod/manual/", import.meta.url);
const CODE = new URL("../../mod/", import.meta.url);
const CI_EXAMPLE = new URL("../fixtures/ci/", import.meta.url);

/** A row of a table, its cells as text. */
type Row = readonly string[];

Deno.test("a page begins with its title and a sentence about it", async (t) => {
  for (const name of pageNames()) {
    await t.step(name, () => {
      const [title = "", empty, summary = ""] = readPage(name).split("\n");
      assert.match(title, /^# [A-Z][\w ,-]+$/);
      assert.strictEqual(empty, "");
      assert.match(summary, /^[A-Z`]/);
    });
  }
});

Deno.test("the README links to every page, and only to what exists", () => {
  const text = Deno.readTextFileSync(new URL("../../README.md", MANUAL));
  const links = Array.from(text.matchAll(/\]\(([^)#:]+)\)/g), ([, target = ""]) => target);
  for (const target of links) assert.ok(Deno.statSync(new URL(target, new URL("../../", MANUAL))).isFile, target);
  for (const name of pageNames()) assert.ok(links.includes(`mod/manual/${name}.md`), `${name} is not in the README`);
});

Deno.test("the tour of the code names every folder, and links only to what exists", () => {
  const text = Deno.readTextFileSync(new URL("README.md", CODE));
  const folders = Array.from(text.matchAll(/^\| `([a-z]+)` +\|/gm), ([, folder = ""]) => folder);
  assert.deepStrictEqual(folders.sort(), folderNames());
  const links = Array.from(text.matchAll(/\]\(([^)#:]+)\)/g), ([, target = ""]) => target);
  for (const target of links) assert.ok(Deno.statSync(new URL(target, CODE)).isFile, target);
});

Deno.test("a page links only to what exists", async (t) => {
  for (const name of pageNames()) {
    await t.step(name, () => {
      const links = Array.from(readPage(name).matchAll(/\]\(([^)#:]+)\)/g), ([, target = ""]) => target);
      for (const target of links) assert.ok(Deno.statSync(new URL(target, MANUAL)).isFile, target);
    });
  }
});

Deno.test("events.md lists every event with all its fields", () => {
  const rows = rowsUnder("events", "All events").map(([event, _when, fields = ""]) => [event, codeIn(fields)]);
  const expected = EVENTS.map(({ $id, properties }) => {
    return [`\`${$id}\``, Object.keys(properties).filter((field) => field !== "event" && field !== "time")];
  });
  assert.deepStrictEqual(rows, expected);
});

Deno.test("events.md lists every end reason, and whether it is clean or failed", () => {
  const rows = rowsUnder("events", "End reasons").map(([reason, end]) => [reason, end]);
  const expected = END_REASONS.map((reason) => [`\`${reason}\``, isCleanEnd(reason) ? "clean" : "failed"]);
  assert.deepStrictEqual(rows.sort(), expected.sort());
});

Deno.test("events.md lists every field of the statistics", () => {
  const fields = rowsUnder("events", "Statistics").map(([field = ""]) => codeIn(field)[0]);
  assert.deepStrictEqual(fields, Object.keys(SrtStatistics.properties));
});

Deno.test("scripts.md lists every quantity of --expect, and whether it is of the run or of each session", () => {
  const rows = rowsUnder("scripts", "Expectations").map(([condition = "", of]) => {
    return [/^`([a-z-]+)/.exec(condition)?.[1], of];
  });
  const expected = [
    ...Object.keys(RUN_QUANTITIES).map((quantity) => [quantity, "the run"]),
    ...Object.keys(SESSION_QUANTITIES).map((quantity) => [quantity, "each session"]),
  ];
  assert.deepStrictEqual(rows.sort(), expected.sort());
});

Deno.test("exit-codes.md lists every exit code", () => {
  const codes = rowsUnder("exit-codes").map(([code]) => Number(code));
  assert.deepStrictEqual([...new Set(codes)], [...new Set(Object.values(EXIT))]);
});

Deno.test("admission.md lists rejection reasons with their names", () => {
  const rows = rowsUnder("admission", "Reasons");
  const given: readonly number[] = Object.values(REJECTION);
  for (const [reason, name] of rows) {
    assert.ok(given.includes(Number(reason)), reason);
    assert.strictEqual(name, `\`${describeRejection(Number(reason)).name}\``);
  }
});

Deno.test("scripts.md shows the script and the workflow that are tested", () => {
  const page = readPage("scripts");
  for (const name of ["record_and_check.sh", "workflow.yml"]) {
    assert.ok(page.includes(Deno.readTextFileSync(new URL(name, CI_EXAMPLE))), name);
  }
});

function pageNames(): readonly string[] {
  const files = Array.from(Deno.readDirSync(MANUAL), ({ name }) => name).filter((name) => name.endsWith(".md"));
  return files.map((name) => name.slice(0, -".md".length)).sort();
}

function readPage(name: string): string {
  return Deno.readTextFileSync(new URL(`${name}.md`, MANUAL));
}

function folderNames(): readonly string[] {
  return Array.from(Deno.readDirSync(CODE)).filter(({ isDirectory }) => isDirectory).map(({ name }) => name).sort();
}

/** The rows of the first table under a heading, or of the first table of the page if none is given, without the header. */
function rowsUnder(page: string, heading?: string): readonly Row[] {
  const text = readPage(page);
  const section = heading === undefined ? text : text.split(`\n## ${heading}\n`)[1] ?? "";
  const lines = section.split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  assert.ok(first !== -1, `there is no table under ${heading ?? page}`);
  const table = lines.slice(first, lines.findIndex((line, at) => at > first && !line.startsWith("|")));
  return table.slice(2).map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function codeIn(cell: string): readonly string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, code = ""]) => code);
}
