/**
 * Runs batches of tests, several at the same time, counts the results, collects the failures, and finds processes and files that
 * the tests left.
 *
 * @module
 */

import { XMLParser } from "fast-xml-parser";

import { SELF } from "../mod/handoff/child_command.ts";
import { CHILD_COMMAND } from "../mod/handoff/contract.ts";
import type { TestBatch } from "./test_batches.ts";

/** Results of tests. A step of a test counts as a test. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What to run. */
export interface TestRun {
  /** Root of the project, absolute, without a slash at the end. */
  readonly root: string;
  readonly batches: readonly TestBatch[];
  /** Path of the executable for the batches that test it; null if none of them does. */
  readonly executable: string | null;
  /** How many batches run at the same time, except those that run alone. */
  readonly lanes: number;
  /** Called with the output of a batch once the batch has ended. */
  readonly onOutput: (text: string) => void;
}

/** A test that failed. */
export interface TestFailure {
  /** Name of the test; a step has the names of its test and itself, separated by ` > `. */
  readonly name: string;
  /** Error and stack. */
  readonly error: string;
}

/** Results of one batch. */
export interface BatchResult {
  readonly counts: TestCounts;
  readonly failures: readonly TestFailure[];
}

/** Results of a run, and what it left: one line for each process and each temporary file. */
export interface TestRunResult {
  readonly counts: TestCounts;
  /** The failed tests of all batches, with the name of the batch. */
  readonly failures: readonly (TestFailure & { readonly batch: string })[];
  readonly left: readonly string[];
}

/** A process as `ps` shows it. */
export interface RunningProcess {
  readonly pid: number;
  /** Arguments, followed by the environment. */
  readonly text: string;
}

/** How long processes of tests may take to end after the tests, on a busy machine. */
const ENDING_MS = 10_000;
/** Pause between two lists of the processes while some have not ended. */
const LIST_MS = 200;
/** How much of the end of the output is reported if a test file cannot be loaded, in UTF-16 code units. */
const OUTPUT_END = 2000;

/** Start of the arguments of a child that the executable started. They do not contain the path of the executable. */
const EXECUTABLE_CHILD = `${SELF} ${CHILD_COMMAND} `;

/** Runs the tests with a separate temporary folder. */
export async function runTests(run: TestRun): Promise<TestRunResult> {
  const { root, batches, executable, lanes } = run;
  const folder = Deno.makeTempDirSync({ prefix: "srt-splitter-gate-" });
  const temporary = `${folder}/tmp`;
  Deno.mkdirSync(temporary);
  try {
    const before = await listProcesses();
    const results: (BatchResult & { readonly batch: string })[] = [];
    const runNext = async (waiting: Iterable<TestBatch>): Promise<void> => {
      for (const batch of waiting) {
        const report = `${folder}/${crypto.randomUUID()}.xml`;
        results.push({ batch: batch.name, ...await runBatch(run, batch, { temporary, report }) });
      }
    };
    const shared = batches.filter(({ alone }) => !alone).values();
    await Promise.all(Array.from({ length: lanes }, () => runNext(shared)));
    await runNext(batches.filter(({ alone }) => alone));
    const marks = [
      temporary,
      `${root}/main.ts`,
      `${root}/workers/`,
      ...(executable === null ? [] : [EXECUTABLE_CHILD]),
    ];
    const processes = await waitForProcesses(before, marks);
    return {
      counts: sumOf(results.map(({ counts }) => counts)),
      failures: results.flatMap(({ batch, failures }) => failures.map((failure) => ({ batch, ...failure }))),
      left: [
        ...processes.map(({ pid, text }) => `process ${pid}: ${text.slice(0, 200)}`),
        ...findLeftFiles(temporary).map((name) => `temporary file: ${name}`),
      ],
    };
  } finally {
    try {
      Deno.removeSync(folder, { recursive: true });
    } catch (error) {
      run.onOutput(`cannot remove ${folder}: ${error}`); // a failed test may have left a mount in it
    }
  }
}

async function runBatch(
  { root, executable, onOutput }: TestRun,
  { name, files, usesExecutable }: TestBatch,
  { temporary, report }: { readonly temporary: string; readonly report: string },
): Promise<BatchResult> {
  const startMs = performance.now();
  const process = new Deno.Command(SELF, {
    args: ["test", "--no-prompt", "--no-check", "-P=test", `--junit-path=${report}`, ...files],
    cwd: root,
    env: { TMPDIR: temporary, SRT_SPLITTER: usesExecutable ? executable ?? "" : "" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const givingUp = new AbortController();
  const reading = Promise.all([process.stdout, process.stderr].map((stream) => readText(stream, givingUp.signal)));
  const { success } = await process.status;
  // a process that a test left may keep the pipes open
  const late = setTimeout(() => givingUp.abort(), ENDING_MS);
  const output = (await reading).join("");
  clearTimeout(late);
  onOutput(`\n${name} (${((performance.now() - startMs) / 1000).toFixed(1)} s)\n${output}`);
  const result = readReport(report) ?? { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [] };
  if (success || result.counts.failed > 0) return result;
  // a test file that cannot be loaded fails the run, but is not in the report
  return {
    counts: { ...result.counts, failed: 1 },
    failures: [{ name: "(a file that cannot be loaded)", error: output.slice(-OUTPUT_END) }],
  };
}

async function readText(stream: ReadableStream<Uint8Array<ArrayBuffer>>, signal: AbortSignal): Promise<string> {
  const parts: string[] = [];
  try {
    for await (const part of stream.pipeThrough(new TextDecoderStream(), { signal })) parts.push(part);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return parts.join("");
}

/** Adds results. */
export function sumOf(counts: readonly TestCounts[]): TestCounts {
  return counts.reduce((sum, one) => ({
    passed: sum.passed + one.passed,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  }), { passed: 0, failed: 0, skipped: 0 });
}

/** Waits until no process of the tests is left, for at most {@linkcode ENDING_MS}. Returns those that are left then. */
async function waitForProcesses(
  before: readonly RunningProcess[],
  marks: readonly string[],
): Promise<readonly RunningProcess[]> {
  const deadlineMs = performance.now() + ENDING_MS;
  while (true) {
    const left = findLeftProcesses({ before, after: await listProcesses() }, marks);
    if (left.length === 0 || performance.now() > deadlineMs) return left;
    await new Promise((resolve) => setTimeout(resolve, LIST_MS));
  }
}

function readReport(path: string): BatchResult | null {
  try {
    return readJunitReport(Deno.readTextFileSync(path));
  } catch (error) {
    // Deno writes no report if a test file cannot be parsed
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Reads a report of `deno test --junit-path`. Returns null if the text is not a JUnit report. */
export function readJunitReport(report: string): BatchResult | null {
  const isList = (name: string) => name === "testsuite" || name === "testcase";
  const { testsuites } = new XMLParser({ ignoreAttributes: false, isArray: isList }).parse(report);
  if (testsuites === undefined) return null;
  // the totals of the report count an ignored test as run, so the test cases are counted
  const cases: readonly Readonly<Record<string, unknown>>[] = (testsuites.testsuite ?? [])
    .flatMap((suite: Readonly<Record<string, unknown>>) => suite["testcase"] ?? []);
  const failures = cases.flatMap((one): readonly TestFailure[] => {
    const failure = one["failure"] ?? one["error"];
    return failure === undefined ? [] : [{ name: String(one["@_name"]), error: textOf(failure) }];
  });
  const skipped = cases.filter((one) => "skipped" in one).length;
  return { counts: { passed: cases.length - failures.length - skipped, failed: failures.length, skipped }, failures };
}

/** Returns the text of an element, with or without attributes. */
function textOf(element: unknown): string {
  return typeof element === "object" && element !== null && "#text" in element
    ? String(element["#text"])
    : String(element);
}

/** Lists every process of the machine that has not ended. */
export async function listProcesses(): Promise<readonly RunningProcess[]> {
  const command = new Deno.Command("ps", { args: ["axeww", "-o", "pid=,stat=,args="], stdin: "null" });
  const { success, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  if (!success) throw new Error(`cannot list the processes: ${decoder.decode(stderr)}`);
  return decoder.decode(stdout).split("\n").flatMap((line) => {
    const [, pid, state, text] = /^\s*(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // Z: it has ended, and its parent has not read its status yet
    return pid === undefined || text === undefined || state?.startsWith("Z") ? [] : [{ pid: Number(pid), text }];
  });
}

/**
 * Finds the processes of `after` that are not in `before` and that have one of `marks` in their arguments or environment.
 *
 * @param marks The folder of temporary files, which is in the environment of programs that tests start; and arguments of
 * srt-splitter and its children, because the children get an environment without that folder.
 */
export function findLeftProcesses(
  run: { readonly before: readonly RunningProcess[]; readonly after: readonly RunningProcess[] },
  marks: readonly string[],
): readonly RunningProcess[] {
  const old = new Set(run.before.map(({ pid }) => pid));
  return run.after.filter(({ pid, text }) => !old.has(pid) && marks.some((mark) => text.includes(mark)));
}

/** Lists the names in `folder`, sorted. */
export function findLeftFiles(folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}
