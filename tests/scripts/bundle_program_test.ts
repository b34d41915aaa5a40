/** Tests of scripts/bundle_program.ts, and of the sources that scripts/stage_sources.ts prepares for it. */
import { deepStrictEqual, match, rejects } from "node:assert/strict";
import { type BundledFile, bundleProblems, bundleProgram } from "../../scripts/bundle_program.ts";
import type { NpmPackage } from "../../scripts/packages.ts";
import { stageSources } from "../../scripts/stage_sources.ts";
import { runTool } from "../../scripts/run_tool.ts";
import { projectWith } from "./project_with.ts";

/** A file of a bundle: the sources in it (`inputs`), and the files that it imports statically (`code`) or dynamically. */
function fileOf(
  entryPoint: string | null,
  { inputs = [], code = [], dynamic = [] }: Readonly<Record<"inputs" | "code" | "dynamic", readonly string[]>>,
): BundledFile {
  const importsOf = (paths: readonly string[], kind: string) =>
    paths.map((path) => ({ path, kind, external: !path.endsWith(".js") }));
  return {
    ...(entryPoint === null ? {} : { entryPoint }),
    inputs: Object.fromEntries(inputs.map((path) => [path, {}])),
    imports: [...importsOf(code, "import-statement"), ...importsOf(dynamic, "dynamic-import")],
  };
}

const NONE = { inputs: [], code: [], dynamic: [] };

/** A bundle whose children load a shared file, and whose listener loads a package and a module of Node.js. */
const GOOD: Readonly<Record<string, BundledFile>> = {
  "main.js": fileOf("main.ts", { ...NONE, dynamic: ["session.js", "probe.js", "hooks.js", "command.js"] }),
  "session.js": fileOf("workers/session.ts", { ...NONE, code: ["shared.js"], dynamic: ["record.js"] }),
  "probe.js": fileOf("workers/probe.ts", { ...NONE, code: ["shared.js"] }),
  "hooks.js": fileOf("workers/hooks.ts", { ...NONE, code: ["shared.js"] }),
  "record.js": fileOf("mod/session/record_session.ts", NONE),
  "shared.js": fileOf(null, NONE),
  "command.js": fileOf("workers/command.ts", { ...NONE, inputs: ["node_modules/table/index.js"], code: ["node:path"] }),
};

Deno.test("bundleProblems is empty if only the listener loads packages", () => {
  deepStrictEqual(bundleProblems({ outputs: GOOD }), []);
});

Deno.test("bundleProblems reports a package in a file that a child imports dynamically", () => {
  const record = fileOf("mod/session/record_session.ts", { ...NONE, inputs: ["node_modules/table/index.js"] });
  deepStrictEqual(bundleProblems({ outputs: { ...GOOD, "record.js": record } }), [
    "workers/session.ts would load node_modules/table/index.js",
  ]);
});

Deno.test("bundleProblems reports a module of Node.js in a file that children share with others", () => {
  const shared = fileOf(null, { ...NONE, code: ["node:crypto"] });
  deepStrictEqual(bundleProblems({ outputs: { ...GOOD, "shared.js": shared } }), [
    "workers/session.ts would load node:crypto",
    "workers/probe.ts would load node:crypto",
    "workers/hooks.ts would load node:crypto",
  ]);
});

Deno.test("bundleProblems reports a role that has no file of its own", () => {
  const { "probe.js": _, ...others } = GOOD;
  deepStrictEqual(bundleProblems({ outputs: others }), ["no file was made for workers/probe.ts"]);
});

Deno.test("bundleProblems reports an import that the executable cannot resolve", () => {
  const external = [{ path: "fs", kind: "require-call", external: true }];
  deepStrictEqual(bundleProblems({ outputs: { ...GOOD, "other.js": { inputs: {}, imports: external } } }), [
    "other.js needs fs (require-call), which is not in the bundle",
  ]);
});

/** A program whose package `table` needs another version of `widths` than the program itself. */
const PROJECT = {
  "deno.json": JSON.stringify({ imports: { table: "npm:table@1.0.0", widths: "npm:widths@2.0.0" } }),
  "main.ts": `
    if (Deno.args[0] === "session") await import("./workers/session.ts");
    else if (Deno.args[0] === "probe") await import("./workers/probe.ts");
    else if (Deno.args[0] === "hooks") await import("./workers/hooks.ts");
    else await import("./workers/command.ts");`,
  "mod/role.ts": "export function report(role: string): void { console.log(role, import.meta.url); }",
  "workers/session.ts": 'import { report } from "../mod/role.ts"; report("session");',
  "workers/probe.ts": 'import { report } from "../mod/role.ts"; report("probe");',
  "workers/hooks.ts": 'import { report } from "../mod/role.ts"; report("hooks");',
  "workers/command.ts": 'import table from "table"; import { width } from "widths"; console.log(table, width);',
  "packages/table/package.json": '{ "main": "table.js" }',
  "packages/table/table.js": 'module.exports = "table with " + require("widths").width;',
  "packages/widths1/package.json": "{}",
  "packages/widths1/index.js": 'exports.width = "widths 1";',
  "packages/widths2/package.json": '{ "type": "module", "exports": "./widths.js" }',
  "packages/widths2/widths.js": 'export const width = "widths 2";',
};

/** Bundles the project in the folder `root`, which has the packages of {@linkcode PROJECT}. Returns the folder of the bundle. */
async function bundleOf(root: string): Promise<string> {
  const packageOf = (name: string, version: string, folder: string, ...dependencies: string[]): NpmPackage => {
    return { key: `${name}@${version}`, name, version, dependencies, folder: `${root}/packages/${folder}` };
  };
  const npm = [
    packageOf("table", "1.0.0", "table", "widths@1.0.0"),
    packageOf("widths", "1.0.0", "widths1"),
    packageOf("widths", "2.0.0", "widths2"),
  ];
  stageSources(`${root}/sources`, { root, npm });
  await bundleProgram({ sources: `${root}/sources`, output: `${root}/bundle` });
  return `${root}/bundle`;
}

Deno.test("bundleProgram gives each module its own version of a package, and puts shared files into mod/bundle", async () => {
  using project = projectWith(PROJECT);
  const main = `${await bundleOf(project.root)}/main.js`;
  Deno.removeSync(`${project.root}/sources`, { recursive: true });
  const run = (...args: string[]) => runTool([Deno.execPath(), "run", "--no-config", main, ...args], "run the bundle");
  deepStrictEqual(await run(), "table with widths 1 widths 2\n");
  match(await run("session"), /^session file:\/\/\S*\/bundle\/mod\/bundle\/[^/]+\.js\n$/);
});

Deno.test("bundleProgram rejects a child that loads a package", async () => {
  using project = projectWith({
    ...PROJECT,
    "workers/session.ts": 'import { width } from "widths"; console.log(width);',
  });
  await rejects(bundleOf(project.root), {
    name: "CompileError",
    message: /^cannot bundle the program:\nworkers\/session\.ts would load node_modules\/\S*\/widths\.js$/,
  });
});

Deno.test("bundleProgram passes on the bundler's errors", async () => {
  using project = projectWith({ ...PROJECT, "workers/session.ts": 'import "../mod/missing.ts";' });
  await rejects(bundleOf(project.root), {
    name: "CompileError",
    message: /Could not resolve "\.\.\/mod\/missing\.ts"/,
  });
});
