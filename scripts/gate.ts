/**
 * The gate: format, lint, types, import directions, documentation, every test, and nothing left behind. Its last line is
 * `N passed, N failed` (and `, N skipped` where tests were); each step of its own counts as one.
 *
 * Called by: the tasks `test` and, with `--static`, `check` of deno.json.
 * Fails: exit code 1 where anything failed.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { checkDocs } from "./check_docs.ts";
import { checkImports } from "./check_imports.ts";
import { readJunitCounts, type TestCounts } from "./junit_counts.ts";
import { findLeftFiles, findLeftProcesses, listProcesses } from "./left_behind.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");

/** One step: its name, and what is wrong, nothing where all is well. */
interface Step {
  readonly name: string;
  readonly run: () => Promise<readonly string[]> | readonly string[];
}

const STEPS: readonly Step[] = [
  { name: "format", run: () => deno(["fmt", "--check"]) },
  { name: "lint", run: () => deno(["lint", "--quiet"]) },
  { name: "types", run: () => deno(["check", "--quiet", "."]) },
  { name: "import directions", run: () => checkImports(ROOT) },
  { name: "documentation", run: () => checkDocs(ROOT) },
];

/** Runs this Deno with the output going on to ours. */
async function deno(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: ROOT,
    env: { ...env },
    stdin: "null",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  const { success, code } = await child.status;
  return success ? [] : [`deno ${args[0]} ended with code ${code}`];
}

async function passes({ name, run }: Step): Promise<boolean> {
  console.log(`\ngate: ${name}`);
  const problems = await run();
  for (const problem of problems) console.log(`  ${problem}`);
  console.log(`gate: ${name}: ${problems.length === 0 ? "ok" : "FAILED"}`);
  return problems.length === 0;
}

/** Runs every test in a temporary folder of their own, and looks what they leave. */
async function runTests(): Promise<{ readonly counts: TestCounts; readonly clean: boolean }> {
  const folder = Deno.makeTempDirSync({ prefix: "srt-splitter-gate-" });
  const temporary = `${folder}/tmp`;
  const report = `${folder}/report.xml`;
  Deno.mkdirSync(temporary);
  try {
    const before = await listProcesses();
    console.log("\ngate: tests");
    const problems = await deno(["task", "test:all", `--junit-path=${report}`], { TMPDIR: temporary });
    const counts = countsOf(report, problems.length > 0);
    const clean = await passes({
      name: "nothing left behind",
      run: async () => [
        ...findLeftProcesses({ before, after: await listProcesses() }, [temporary, `${ROOT}/main.ts`])
          .map(({ pid, text }) => `process ${pid}: ${text.slice(0, 200)}`),
        ...findLeftFiles(temporary).map((name) => `temporary file: ${name}`),
      ],
    });
    return { counts, clean };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

function countsOf(report: string, failed: boolean): TestCounts {
  const counts = readReport(report) ?? { passed: 0, failed: 0, skipped: 0 };
  // A file that cannot be loaded fails the run and is in no report.
  return failed && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readReport(path: string): TestCounts | null {
  try {
    return readJunitCounts(Deno.readTextFileSync(path));
  } catch (error) {
    // Deno writes none where a test file cannot be parsed.
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) {
  let { passed, failed, skipped }: TestCounts = { passed: 0, failed: 0, skipped: 0 };
  const add = (ok: boolean): void => {
    if (ok) passed++;
    else failed++;
  };
  for (const step of STEPS) add(await passes(step));
  if (!Deno.args.includes("--static")) {
    const { counts, clean } = await runTests();
    passed += counts.passed;
    failed += counts.failed;
    skipped += counts.skipped;
    add(clean);
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  Deno.exitCode = failed === 0 ? 0 : 1;
}
