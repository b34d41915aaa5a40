import assert from "node:assert/strict";

import { readProblem, systemProblem } from "../../mod/report/problem.ts";

/** Returns what `read` throws. */
function errorOf(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    return error;
  }
  return assert.fail("nothing was thrown");
}

Deno.test("readProblem reports a missing file without the text of Deno", () => {
  assert.strictEqual(readProblem(errorOf(() => Deno.openSync("/nowhere/a.ts"))), "there is no such file");
});

Deno.test("readProblem reports a missing folder as a folder", () => {
  assert.strictEqual(
    readProblem(errorOf(() => [...Deno.readDirSync("/nowhere")]), "folder"),
    "there is no such folder",
  );
});

Deno.test("readProblem reports a folder in place of a file", () => {
  assert.strictEqual(readProblem(errorOf(() => Deno.readFileSync("/"))), "it is a folder");
});

Deno.test("readProblem reports a file in place of a folder", () => {
  assert.strictEqual(readProblem(errorOf(() => [...Deno.readDirSync("/etc/passwd")]), "folder"), "it is not a folder");
});

Deno.test("systemProblem leaves out the number and the path of an error of the system", () => {
  const error = new Error("No space left on device (os error 28): write '/rec/a.ts'");
  assert.strictEqual(systemProblem(error), "no space left on device");
});

Deno.test("systemProblem keeps the failed action before the text of the system", () => {
  const error = new Error("cannot write to /rec/Cam: 1.ts: No space left on device (os error 28)");
  assert.strictEqual(systemProblem(error), "cannot write to /rec/Cam: 1.ts: no space left on device");
});

Deno.test("systemProblem leaves any other text as it is", () => {
  assert.strictEqual(systemProblem(new Error("EIO from the disk")), "EIO from the disk");
});
