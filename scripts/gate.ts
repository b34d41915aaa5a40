/**
 * The gate: format, lint, types, this project's own checks, every test, and nothing left behind. The last line of its output is
 * `N passed, N failed`, with `, N skipped` if tests were skipped; each check counts as one test.
 *
 * If SRT_SPLITTER names an executable, the system tests that may depend on the packaging run with it, too. With `--static` no test
 * runs; with kinds of tests, such as `unit system`, only these run.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { checkDocs } from "./check_docs.ts";
import { checkImports } from "./check_imports.ts";
import { checkLanguage } from "./check_language.ts";
import { checkManual } from "./manual.ts";
import { checkPage } from "./page.ts";
import { checkSchemas } from "./schemas.ts";
import { batchesOf, TEST_KINDS, type TestKind } from "./test_batches.ts";
import { runTests, sumOf, type TestCounts } from "./test_run.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** How many processes run tests at the same time: one more than processors, because most tests wait most of the time. */
const LANES = navigator.hardwareConcurrency + 1;

/** A check. `run` returns one line for each problem. */
interface Check {
  readonly name: string;
  readonly run: () => Promise<readonly string[]> | readonly string[];
}

const CHECKS: readonly Check[] = [
  { name: "format", run: () => runDeno(["fmt", "--check"]) },
  { name: "lint", run: () => runDeno(["lint", "--quiet"]) },
  { name: "types", run: () => runDeno(["check", "--quiet", "."]) },
  { name: "import directions", run: () => checkImports(ROOT) },
  { name: "documentation", run: () => checkDocs(ROOT) },
  { name: "JSON Schemas", run: () => checkSchemas(ROOT) },
  { name: "manual", run: () => checkManual(ROOT) },
  { name: "page", run: () => checkPage(ROOT) },
  { name: "spelling", run: checkSpelling },
  { name: "language", run: () => checkLanguage(ROOT) },
];

/** Runs Deno. Its output goes to the output of this process. */
async function runDeno(args: readonly string[]): Promise<readonly string[]> {
  const child = new Deno.Command(SELF, { args: [...args], cwd: ROOT, stdin: "null" });
  const { success, code } = await child.spawn().status;
  return success ? [] : [`deno ${args[0]} ended with code ${code}`];
}

/** Runs cspell, which has its own deno.json and lock file: otherwise the task `listen` would download cspell. */
async function checkSpelling(): Promise<readonly string[]> {
  const problems = await runDeno([
    ..."run -q --frozen --config scripts/spelling/deno.json --allow-read --allow-env --allow-sys".split(" "),
    ..."cspell lint --config scripts/spelling/cspell.json --no-progress --no-summary".split(" "),
  ]);
  if (problems.length === 0) return [];
  return ["correct the words above, or add them to scripts/spelling/words.txt (or test_words.txt)"];
}

async function passes({ name, run }: Check): Promise<boolean> {
  console.log(`\ngate: ${name}`);
  const problems = await run();
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`gate: ${name}: ${problems.length === 0 ? "ok" : "FAILED"}`);
  return problems.length === 0;
}

/** Runs every check. Returns how many passed and failed. */
async function runChecks(checks: readonly Check[]): Promise<TestCounts> {
  let passed = 0;
  for (const check of checks) {
    if (await passes(check)) passed += 1;
  }
  return { passed, failed: checks.length - passed, skipped: 0 };
}

/** Runs tests, checks that they left no process and no file, and repeats the errors of those that failed. */
async function runKinds(kinds: readonly TestKind[], executable: string | null): Promise<readonly TestCounts[]> {
  console.log(`\ngate: tests: ${kinds.join(", ")}`);
  const batches = kinds.flatMap((kind) => batchesOf(ROOT, kind));
  const { counts, failures, left } = await runTests({
    root: ROOT,
    batches,
    executable,
    lanes: LANES,
    onOutput: console.log,
  });
  const result = await runChecks([{ name: "nothing left behind", run: () => left }]);
  for (const { batch, name, error } of failures) console.log(`\nFAILED: ${batch}: ${name}\n${error}`);
  return [counts, result];
}

async function main(args: readonly string[]): Promise<void> {
  const executable = Deno.env.get("SRT_SPLITTER") || null;
  const named = TEST_KINDS.filter((kind) => args.includes(kind));
  if (named.includes("executable") && executable === null) throw new Error("SRT_SPLITTER names no executable");
  const possible = TEST_KINDS.filter((kind) => kind !== "executable" || executable !== null);
  const results = named.length > 0 ? [] : [await runChecks(CHECKS)];
  if (!args.includes("--static")) results.push(...await runKinds(named.length > 0 ? named : possible, executable));
  const { passed, failed, skipped } = sumOf(results);
  console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  Deno.exitCode = failed === 0 ? 0 : 1;
}

if (import.meta.main) await main(Deno.args);
