import assert from "node:assert/strict";
import { HookProcess } from "../../mod/hooks/hook_process.ts";
import { REFUSED } from "../report/events_of_a_run.ts";

/** Starts the hooks of a run with a program in place of the hook process. */
function startHooks(file: string, args: readonly string[]) {
  const warnings: string[] = [];
  const hooks = new HookProcess({
    hooks: [{ events: ["refused"], command: [["true"]], timeoutMs: null }],
    atOnce: 1,
    timeoutMs: 60_000,
  }, {
    command: { file, args, environment: {}, folder: "/", files: [] },
    webhook: null,
    environment: [],
    folder: "/",
    warn: (text) => warnings.push(text),
    debug: () => {},
  });
  return { hooks, warnings };
}

Deno.test("HookProcess settles if its process was killed while it wrote a line", async () => {
  const { hooks, warnings } = startHooks("/bin/sh", ["-c", `printf '{"kind":"warn'; kill -KILL $$`]);
  await hooks.finish();
  assert.deepStrictEqual(warnings, []);
});

Deno.test("HookProcess reports once that hooks are not called if two starts of its process fail in a row", async () => {
  const { hooks, warnings } = startHooks("/no/such/program", []);
  for (let count = 0; count < 3; count += 1) hooks.report(REFUSED);
  await hooks.finish();
  assert.deepStrictEqual(warnings.map((text) => text.replace(/: Failed to spawn .*$/, "")), [
    "cannot start the process of the hooks",
    "cannot start the process of the hooks",
    "a hook was not called (refused): the process of the hooks has ended or hangs",
  ]);
});
