/** Tests of scripts/test_run.ts. */
import assert from "node:assert/strict";

import { findLeftFiles, findLeftProcesses, listProcesses, readJunitReport, runTests } from "../../scripts/test_run.ts";
import type { TestBatch } from "../../scripts/test_batches.ts";
import { projectWith } from "./project_with.ts";

/** As Deno 2.9.6 writes it: one passed, one failed with a passed and a failed step, one ignored. */
const REPORT = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="2" errors="0" time="0.078">
    <testsuite name="./e_test.ts" tests="5" disabled="1" errors="0" failures="2">
        <testcase name="a &lt;failure&gt;" classname="./e_test.ts" time="0.001" line="1" col="6">
        </testcase>
        <testcase name="bad" classname="./e_test.ts" time="0.002" line="1" col="38">
            <failure message="1 test step failed">1 test step failed.</failure>
        </testcase>
        <testcase name="ig" classname="./e_test.ts" time="0.000" line="1" col="151">
            <skipped/>
        </testcase>
        <testcase name="bad &gt; s1" classname="./e_test.ts" time="0.000" line="1" col="71">
        </testcase>
        <testcase name="bad &gt; s2" classname="./e_test.ts" time="0.001" line="1" col="98">
            <failure message="Uncaught Error: x">Error: x</failure>
        </testcase>
    </testsuite>
</testsuites>
`;

Deno.test("readJunitReport counts passed, failed and skipped tests, and returns the errors", () => {
  assert.deepEqual(readJunitReport(REPORT), {
    counts: { passed: 2, failed: 2, skipped: 1 },
    failures: [{ name: "bad", error: "1 test step failed." }, { name: "bad > s2", error: "Error: x" }],
  });
});

Deno.test("readJunitReport returns null if the text is not a report", () => {
  assert.equal(readJunitReport("<html></html>"), null);
});

Deno.test("readJunitReport reads what this Deno writes", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(
      `${folder}/a_test.ts`,
      'Deno.test("a", () => {});\nDeno.test("b", () => { throw new Error("<failure>"); });\nDeno.test.ignore("c", () => {});\n',
    );
    const args = ["test", "--no-config", "--no-check", `--junit-path=${folder}/report.xml`, `${folder}/a_test.ts`];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(success, false);
    const result = readJunitReport(Deno.readTextFileSync(`${folder}/report.xml`));
    assert.deepEqual(result?.counts, { passed: 1, failed: 1, skipped: 1 });
    assert.equal(result?.failures[0]?.name, "b");
    assert.match(result?.failures[0]?.error ?? "", /^Error: <failure>\n[^]*a_test\.ts:2:30/);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
});

/** A project with the permission set `test`, which runTests uses. */
function projectOf(tests: Readonly<Record<string, string>>) {
  const config = JSON.stringify({ permissions: { test: { read: true, write: true, env: true, run: true } } });
  return projectWith({ "deno.json": config, ...tests });
}

const RUN = { executable: null, lanes: 2, onOutput: () => {} };

function batch(name: string, options: { readonly alone?: boolean } = {}): TestBatch {
  return { name, files: [`${name}_test.ts`], usesExecutable: false, alone: options.alone ?? false };
}

Deno.test("runTests adds the results of all batches, and names the files that are left in the temporary folder", async () => {
  using project = projectOf({
    "a_test.ts": 'Deno.test("a", () => {});\nDeno.test.ignore("b", () => {});\n',
    "b_test.ts": 'Deno.test("c", () => { throw new Error(); });\n',
    "c_test.ts": 'Deno.test("d", () => Deno.writeTextFileSync(`${Deno.env.get("TMPDIR")}/left`, ""));\n',
    "d_test.ts": "throw new Error();\n",
  });
  const batches = ["a", "b", "c", "d"].map((name) => batch(name));
  const { counts, failures, left } = await runTests({ root: project.root, batches, ...RUN });
  assert.deepEqual([counts, left], [{ passed: 2, failed: 2, skipped: 1 }, ["temporary file: left"]]);
  assert.deepEqual(failures.map(({ batch, name }) => `${batch}: ${name}`).sort(), [
    "b: c",
    "d: (a file that cannot be loaded)",
  ]);
  assert.match(failures.find(({ batch }) => batch === "d")?.error ?? "", /d_test\.ts/);
});

/** Returns the code of a test that creates the file `own` and ends once the file `other` exists. */
function waitingTest(own: string, other: string): string {
  return `Deno.test("${own}", async () => {
    Deno.writeTextFileSync("${own}", "");
    const names = () => Array.from(Deno.readDirSync("."), ({ name }) => name);
    while (!names().includes("${other}")) await new Promise((resolve) => setTimeout(resolve, 10));
  });`;
}

Deno.test("runTests runs as many batches at the same time as there are lanes", async () => {
  using project = projectOf({ "a_test.ts": waitingTest("a", "b"), "b_test.ts": waitingTest("b", "a") });
  const { counts } = await runTests({
    root: project.root,
    batches: [batch("a"), batch("b")],
    ...RUN,
  });
  assert.equal(counts.passed, 2);
});

Deno.test("runTests passes on the whole output of a batch in one piece", async () => {
  using project = projectOf({ "a_test.ts": 'Deno.test("a", () => console.error("<stderr>"));' });
  const outputs: string[] = [];
  await runTests({
    root: project.root,
    batches: [{ ...batch("a"), name: "the batch" }],
    ...RUN,
    onOutput: (text) => outputs.push(text),
  });
  assert.equal(outputs.length, 1);
  assert.match(outputs[0] ?? "", /^\nthe batch \(\d+\.\d s\)\n[^]*<stderr>/);
});

Deno.test("runTests runs a batch that must be alone after the others", async () => {
  using project = projectOf({
    "a_test.ts": 'Deno.test("a", () => { Deno.statSync("b"); });',
    "b_test.ts": 'Deno.test("b", () => Deno.writeTextFileSync("b", ""));',
  });
  const batches = [batch("a", { alone: true }), batch("b")];
  const { counts } = await runTests({ root: project.root, batches, ...RUN });
  assert.deepEqual(counts, { passed: 2, failed: 0, skipped: 0 });
});

Deno.test("findLeftProcesses finds a process by its environment", async () => {
  const mark = `/left-${crypto.randomUUID()}`;
  const before = await listProcesses();
  // `cat` runs until its input ends.
  await using child = new Deno.Command("cat", { env: { TMPDIR: mark }, stdin: "piped", stdout: "null" }).spawn();
  const left = findLeftProcesses({ before, after: await listProcesses() }, [mark]);
  assert.deepEqual(left.map(({ pid }) => pid), [child.pid]);
  await child.stdin.close();
});

Deno.test("findLeftProcesses finds a process by its arguments", () => {
  const after = [{ pid: 7, text: "deno run /x/main.ts child session 5" }, { pid: 8, text: "deno run /y/main.ts" }];
  assert.deepEqual(findLeftProcesses({ before: [], after }, ["/x/main.ts"]), [after[0]]);
});

Deno.test("findLeftProcesses omits processes that ran before", () => {
  const old = { pid: 7, text: "/x/main.ts" };
  assert.deepEqual(findLeftProcesses({ before: [old], after: [old] }, ["/x/main.ts"]), []);
});

Deno.test("findLeftFiles lists the names in the folder", () => {
  using project = projectWith({ "b.ts": "", "a/c.ts": "" });
  assert.deepEqual(findLeftFiles(project.root), ["a", "b.ts"]);
});
