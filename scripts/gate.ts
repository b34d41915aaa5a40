/**
 * The gate: format, lint, types, import directions, documentation, every test, and nothing left behind. Its last line is
 * `N passed, N failed` (and `, N skipped` where tests were); each step of its own counts as one. Where SRT_SPLITTER names an
 * executable, the system tests run a second time against it.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { CHILD_COMMAND } from "../mod/handoff/contract.ts";
import { checkDocs } from "./check_docs.ts";
import { checkImports } from "./check_imports.ts";
import { checkLanguage } from "./check_language.ts";
import { readJunitCounts, type TestCounts } from "./junit_counts.ts";
import { findLeftFiles, findLeftProcesses, listProcesses } from "./left_behind.ts";
import { checkManual } from "./manual.ts";
import { checkSchemas } from "./schemas.ts";

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
  { name: "JSON Schemas", run: () => checkSchemas(ROOT) },
  { name: "manual", run: () => checkManual(ROOT) },
  { name: "spelling", run: checkSpelling },
  { name: "language", run: reportLanguage },
];

/** Runs cspell, which has a lock file of its own, so that `listen` does not download it. */
async function checkSpelling(): Promise<readonly string[]> {
  const options = [
    "-q",
    "--frozen",
    "--config",
    "scripts/spelling/deno.json",
    "--allow-read",
    "--allow-env",
    "--allow-sys",
  ];
  const lint = ["cspell", "lint", "--config", "scripts/spelling/cspell.json", "--no-progress", "--no-summary"];
  const problems = await deno(["run", ...options, ...lint]);
  return problems.length === 0
    ? []
    : ["correct the words above, or add them to scripts/spelling/words.txt (or test_words.txt)"];
}

function reportLanguage(): readonly string[] {
  const { problems, remaining } = checkLanguage(ROOT);
  for (const [part, count] of remaining) console.log(`  not checked yet: ${part}: ${count} phrases`);
  return problems;
}

/** Runs this Deno with the output going on to ours. */
async function deno(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const child = new Deno.Command(SELF, {
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

/** One run of tests: every one of the source, or those of the whole program against an executable. */
interface TestRun {
  readonly name: string;
  readonly task: "test:all" | "test:system";
  /** The executable, or empty text. */
  readonly executable: string;
}

/** A child of an executable shows nothing of where it is. */
const EXECUTABLE_CHILD = `${SELF} ${CHILD_COMMAND} `;

/** Runs tests in a temporary folder of their own, and looks what they leave. */
async function runTests(
  { name, task, executable }: TestRun,
): Promise<{ readonly counts: TestCounts; readonly clean: boolean }> {
  const folder = Deno.makeTempDirSync({ prefix: "srt-splitter-gate-" });
  const temporary = `${folder}/tmp`;
  const report = `${folder}/report.xml`;
  Deno.mkdirSync(temporary);
  try {
    const before = await listProcesses();
    console.log(`\ngate: ${name}`);
    const env = { TMPDIR: temporary, SRT_SPLITTER: executable };
    const problems = await deno(["task", task, `--junit-path=${report}`], env);
    const marks = [temporary, `${ROOT}/main.ts`, EXECUTABLE_CHILD];
    const counts = countsOf(report, problems.length > 0);
    const clean = await passes({
      name: `${name}: nothing left behind`,
      run: async () => [
        ...findLeftProcesses({ before, after: await listProcesses() }, marks)
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
    const executable = Deno.env.get("SRT_SPLITTER") ?? "";
    const runs: TestRun[] = [{ name: "tests", task: "test:all", executable: "" }];
    if (executable !== "") runs.push({ name: "system tests of the executable", task: "test:system", executable });
    for (const run of runs) {
      const { counts, clean } = await runTests(run);
      passed += counts.passed;
      failed += counts.failed;
      skipped += counts.skipped;
      add(clean);
    }
  }
  console.log(`\n${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
  Deno.exitCode = failed === 0 ? 0 : 1;
}
