/** Which modules a listener reads when. From source, Deno reads a module that is imported dynamically only when it is imported. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { readImportGraph } from "../../scripts/import_graph.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
const LISTEN = "workers/listen.ts";
/** Modules that a listener loads before it listens, if it needs them. */
const LOADED_BEFORE = ["mod/hooks/hook_process.ts", "mod/packet/cookie.ts", "mod/terminal/live_reporter.ts"];

Deno.test("workers/listen.ts loads in advance what a listener imports later, because files may be replaced by then", async () => {
  const edges = await readImportGraph(ROOT, [LISTEN]);
  const reached = new Set([LISTEN]);
  for (const from of reached) {
    for (const { to } of edges.filter((edge) => edge.from === from && edge.kind !== "types")) reached.add(to);
  }
  const dynamic = edges.filter(({ from, kind }) => kind === "dynamic" && reached.has(from));
  const loaded = new Set([...LOADED_BEFORE, ...dynamic.filter(({ from }) => from === LISTEN).map(({ to }) => to)]);
  assert.deepStrictEqual(dynamic.filter(({ to }) => !loaded.has(to) && !to.startsWith("node:")), []);
  assert.ok(loaded.has("mod/terminal/summary_table.ts"), [...loaded].join());
});
