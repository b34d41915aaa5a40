import assert from "node:assert/strict";

import { findLeftFiles, findLeftProcesses, listProcesses } from "../../scripts/left_behind.ts";
import { projectWith } from "./project_with.ts";

Deno.test("findLeftProcesses finds a process by its environment", async () => {
  const mark = `/left-${crypto.randomUUID()}`;
  const before = await listProcesses();
  // `cat` waits for its input, so nothing has to be waited for here.
  await using child = new Deno.Command("cat", { env: { TMPDIR: mark }, stdin: "piped", stdout: "null" }).spawn();
  const left = findLeftProcesses({ before, after: await listProcesses() }, [mark]);
  assert.deepEqual(left.map(({ pid }) => pid), [child.pid]);
  await child.stdin.close();
});

Deno.test("findLeftProcesses finds a process by its arguments", () => {
  const after = [{ pid: 7, text: "deno run /x/main.ts child session 5" }, { pid: 8, text: "deno run /y/main.ts" }];
  assert.deepEqual(findLeftProcesses({ before: [], after }, ["/x/main.ts"]), [after[0]]);
});

Deno.test("findLeftProcesses leaves out what ran before", () => {
  const old = { pid: 7, text: "/x/main.ts" };
  assert.deepEqual(findLeftProcesses({ before: [old], after: [old] }, ["/x/main.ts"]), []);
});

Deno.test("findLeftFiles names what is in the folder", () => {
  using project = projectWith({ "b.ts": "", "a/c.ts": "" });
  assert.deepEqual(findLeftFiles(project.root), ["a", "b.ts"]);
});
