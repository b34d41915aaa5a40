import assert from "node:assert/strict";
import { HookProcess } from "../../mod/hooks/hook_process.ts";

Deno.test("HookProcess settles if its process was killed while it wrote a line", async () => {
  const warnings: string[] = [];
  const script = `printf '{"kind":"warn'; kill -KILL $$`;
  const hooks = new HookProcess({
    hooks: [{ events: ["refused"], command: [["true"]], timeoutMs: null }],
    atOnce: 1,
    timeoutMs: 60_000,
  }, {
    command: { file: "/bin/sh", args: ["-c", script], environment: {}, folder: null, files: [] },
    webhook: null,
    environment: [],
    folder: "/",
    warn: (text) => warnings.push(text),
    debug: () => {},
  });
  await hooks.finish();
  assert.deepStrictEqual(warnings, []);
});
