/**
 * The gate: format, lint, types, checks of this project's own, every test, and nothing left behind. Its last line is `N passed,
 * N failed`, with `, N skipped` if tests were skipped; each check counts as one test.
 *
 * If SRT_SPLITTER names an executable, the system tests that may depend on it run a second time with it. With `--static` no test
 * runs.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { checkDocs } from "./check_docs.ts";
import { checkImports } from "./check_imports.ts";
import { checkLanguage } from "./check_language.ts";
import { checkManual } from "./manual.ts";
import { checkSchemas } from "./schemas.ts";
import { runTests, type TestRun } from "./test_run.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

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
  { name: "spelling", run: checkSpelling },
  { name: "language", run: () => checkLanguage(ROOT) },
];

/** Runs this Deno. Its output goes to ours. */
async function runDeno(args: readonly string[]): Promise<readonly string[]> {
  const child = new Deno.Command(SELF, { args: [...args], cwd: ROOT, stdin: "null" });
  const { success, code } = await child.spawn().status;
  return success ? [] : [`deno ${args[0]} ended with code ${code}`];
}

/** Runs cspell, which has a lock file of its own, so that `listen` does not download it. */
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

if (import.meta.main) {
  let [passed, failed, skipped] = [0, 0, 0];
  const add = (ok: boolean): void => {
    if (ok) passed++;
    else failed++;
  };
  for (const check of CHECKS) add(await passes(check));
  if (!Deno.args.includes("--static")) {
    const executable = Deno.env.get("SRT_SPLITTER") ?? "";
    const runs: (Omit<TestRun, "root"> & { readonly name: string })[] = [
      { name: "tests", task: "test:all", executable: "" },
    ];
    if (executable !== "") runs.push({ name: "system tests of the executable", task: "test:executable", executable });
    for (const { name, task, executable } of runs) {
      console.log(`\ngate: ${name}`);
      const { counts, left } = await runTests({ root: ROOT, task, executable });
      passed += counts.passed;
      failed += counts.failed;
      skipped += counts.skipped;
      add(await passes({ name: `${name}: nothing left behind`, run: () => left }));
    }
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  Deno.exitCode = failed === 0 ? 0 : 1;
}
