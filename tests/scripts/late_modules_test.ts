/**
 * Which modules a process from source reads when. If a listener, or the child of a waiting caller, imports a module dynamically,
 * the module is not read before that (`lazy-dynamic-imports`).
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { type ImportEdge, readImportGraph } from "../../scripts/import_graph.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Modules that a session imports before its recording has begun. */
const FOR_RECORDING = [
  "mod/handoff/live_sender.ts",
  "mod/os/blocking_output.ts",
  "mod/outputs/outputs.ts",
  "mod/recording/output_writer.ts",
  "mod/recording/rejoin.ts",
  "mod/recording/sha256.ts",
  "mod/session/call_listener.ts",
  "mod/session/record_session.ts",
  "mod/session/rehearsal.ts",
  "mod/ts/live_ring.ts",
  "mod/ts/noise_detector.ts",
  "mod/ts/ts_analyzer.ts",
];

/** Returns modules, and those that they import statically, directly or through others. */
function loadedWith(entries: readonly string[], edges: readonly ImportEdge[]): ReadonlySet<string> {
  const loaded = new Set(entries);
  for (const from of loaded) {
    for (const { to } of edges.filter((edge) => edge.from === from && edge.kind === "code")) loaded.add(to);
  }
  return loaded;
}

for (
  const { role, entry, loader, before } of [
    {
      role: "a listener",
      entry: "workers/listen.ts",
      loader: "workers/listen.ts",
      before: ["mod/hooks/hook_process.ts", "mod/packet/cookie.ts", "mod/terminal/live_reporter.ts"],
    },
    { role: "a session", entry: "workers/child.ts", loader: "mod/session/modules_of_end.ts", before: FOR_RECORDING },
  ]
) {
  Deno.test(`${loader} loads in advance what ${role} imports later, because files may be replaced by then`, async () => {
    const edges = await readImportGraph(ROOT, [entry]);
    const loadedLater = edges.filter(({ from, kind }) => from === loader && kind === "dynamic").map(({ to }) => to);
    assert.ok(loadedLater.length > 0);
    const loaded = loadedWith([entry, ...before, ...loadedLater], edges);
    const dynamic = edges.filter(({ from, kind }) => kind === "dynamic" && loaded.has(from));
    assert.deepStrictEqual(dynamic.filter(({ to }) => !loaded.has(to) && !to.startsWith("node:")), []);
    // a child may read only modules in `mod/` (`callerCommand`)
    if (role === "a session") assert.deepStrictEqual(dynamic.filter(({ to }) => !to.startsWith("mod/")), []);
  });
}

Deno.test("a session without outputs does not use the timers of Node, which take 2 MB of memory and 5 ms to load", async () => {
  const edges = await readImportGraph(ROOT, ["workers/child.ts"]);
  const loaded = [...loadedWith(["workers/child.ts", ...FOR_RECORDING], edges)];
  // of os/deadline.ts, a session does not use `pause`, which has a timer
  const imports = loaded.map((file) => Deno.readTextFileSync(`${ROOT}/${file}`));
  assert.deepStrictEqual(
    imports.filter((text) => /import \{[^}]*\bpause\b[^}]*\} from "[^"]*deadline\.ts"/.test(text)),
    [],
  );
  const files = loaded.filter((file) => !file.startsWith("mod/outputs/") && file !== "mod/os/deadline.ts");
  assert.ok(files.includes("mod/session/rounds.ts"));
  const users = files.filter((file) => /\bset(?:Timeout|Interval)\(/.test(Deno.readTextFileSync(`${ROOT}/${file}`)));
  assert.deepStrictEqual(users, []);
});

/** Our choice: what a child needs until it is ready. Each module takes 0.2 ms of processor time, for which callers wait. */
const READY_MODULES = 48;

Deno.test(`a child for which a caller waits is ready after it has read at most ${READY_MODULES} modules`, async () => {
  const modules = loadedWith(["workers/child.ts"], await readImportGraph(ROOT, ["workers/child.ts"]));
  assert.ok(modules.size <= READY_MODULES, [...modules].join("\n"));
  assert.ok(modules.has("mod/session/accept_caller.ts"));
});
