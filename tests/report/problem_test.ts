import assert from "node:assert/strict";

import { messageOf, readProblem, systemProblem } from "../../mod/report/problem.ts";

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

for (
  const [text, expected] of [
    [
      'Requires write access to "/rec", run again with the --allow-write flag',
      'this program was started without the permission "write" for "/rec"',
    ],
    [
      'cannot create it: Requires all access to "/proc/a, b", run again with the --allow-all flag',
      "cannot create it: this program may not use files of the system (in /proc, /sys and /dev)",
    ],
    [
      'Requires net access to "127.0.0.1:80", run again with the --allow-net flag',
      'this program was started without the permission "net" for "127.0.0.1:80"',
    ],
  ] as const
) {
  Deno.test(`messageOf replaces the text of Deno: ${text}`, () => {
    assert.strictEqual(messageOf(new Deno.errors.NotCapable(text)), expected);
  });
}

Deno.test("readProblem and systemProblem name no option of Deno if it refuses a file of the system", () => {
  const error = errorOf(() => Deno.mkdirSync("/proc/nope"));
  assert.ok(error instanceof Deno.errors.NotCapable, String(error));
  const expected = "this program may not use files of the system (in /proc, /sys and /dev)";
  assert.deepStrictEqual([systemProblem(error), readProblem(error)], [expected, expected]);
});
