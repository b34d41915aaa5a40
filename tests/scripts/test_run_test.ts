/** Tests of scripts/test_run.ts. */
import assert from "node:assert/strict";

import { findLeftFiles, findLeftProcesses, listProcesses, readJunitCounts } from "../../scripts/test_run.ts";
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

Deno.test("readJunitCounts counts passed, failed and skipped tests", () => {
  assert.deepEqual(readJunitCounts(REPORT), { passed: 2, failed: 2, skipped: 1 });
});

Deno.test("readJunitCounts returns null if the text is not a report", () => {
  assert.equal(readJunitCounts("<html></html>"), null);
});

Deno.test("readJunitCounts reads what this Deno writes", async () => {
  const folder = Deno.makeTempDirSync();
  try {
    Deno.writeTextFileSync(
      `${folder}/a_test.ts`,
      'Deno.test("a", () => {});\nDeno.test("b", () => { throw new Error("<failure>"); });\nDeno.test.ignore("c", () => {});\n',
    );
    const args = ["test", "--no-config", "--no-check", `--junit-path=${folder}/report.xml`, `${folder}/a_test.ts`];
    const { success } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(success, false);
    assert.deepEqual(readJunitCounts(Deno.readTextFileSync(`${folder}/report.xml`)), {
      passed: 1,
      failed: 1,
      skipped: 1,
    });
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
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

Deno.test("findLeftProcesses leaves out processes that ran before", () => {
  const old = { pid: 7, text: "/x/main.ts" };
  assert.deepEqual(findLeftProcesses({ before: [old], after: [old] }, ["/x/main.ts"]), []);
});

Deno.test("findLeftFiles lists the names in the folder", () => {
  using project = projectWith({ "b.ts": "", "a/c.ts": "" });
  assert.deepEqual(findLeftFiles(project.root), ["a", "b.ts"]);
});
