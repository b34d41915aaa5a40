/** Tests of mod/os/file_system.ts. */
import { strictEqual } from "node:assert/strict";
import { fileSystemOf } from "../../mod/os/file_system.ts";
import { openLibc } from "../../mod/os/libc.ts";

const libc = openLibc();

for (
  const [path, type] of [
    ["/proc", "proc"],
    ["/proc/self", "proc"],
    ["/sys/kernel", "sysfs"],
  ] as const
) {
  Deno.test(`fileSystemOf returns ${type} for ${path}`, () => strictEqual(fileSystemOf(libc, path), type));
}

Deno.test("fileSystemOf distinguishes folders whose names begin alike", () => {
  strictEqual(fileSystemOf(libc, "/process"), fileSystemOf(libc, "/"));
});
