import assert from "node:assert/strict";
import { runHookRole } from "../../mod/hooks/hook_role.ts";
import { openLibc } from "../../mod/os/libc.ts";

Deno.test("runHookRole ends its commands if the listener was killed while it wrote an order", async () => {
  const hook = { events: ["refused"], command: [["sleep"], ["1000"]], timeoutMs: null };
  const fields = { event: "refused", session: "", stream: "", file: "", address: "", reason: "" };
  const orders = [
    { kind: "begin", webhook: null, environment: ["PATH=/usr/bin:/bin"], folder: "/" },
    { kind: "rules", rules: { hooks: [hook], atOnce: 1, timeoutMs: 60_000 } },
    { kind: "message", message: { name: "refused", json: "{}", fields, variables: [] } },
  ];
  const text = `${orders.map((order) => JSON.stringify(order)).join("\n")}\n{"kind":"mess`;
  const kinds: string[] = [];
  await runHookRole({
    libc: openLibc(),
    orders: ReadableStream.from([new TextEncoder().encode(text)]),
    report: ({ kind }) => kinds.push(kind),
    fetch,
  });
  assert.deepStrictEqual(kinds.filter((kind) => kind !== "warning"), ["started", "ended"]);
});
