/**
 * Makes the bundle of sessions (mod/handoff/session_bundle.ts), unless it is current. It prints nothing unless it fails: then the
 * process of each session reads the modules, and starts more slowly.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { CHILD_MODULES } from "../mod/handoff/child_command.ts";
import { BUNDLED_FILES, fileVersion, isBundleCurrent, SESSION_BUNDLE } from "../mod/handoff/session_bundle.ts";
import { BUNDLER, FOR_DENO } from "./bundle_program.ts";
import { CompileError, runTool } from "./run_tool.ts";

/** Folders of the modules that sessions may import. */
const FOLDERS: readonly string[] = ["mod", "workers"];

/** Files that decide how the modules are joined. */
const TOOLS: readonly string[] = [
  "scripts/bundle_session.ts",
  "scripts/bundle_program.ts",
  "scripts/bundling/deno.lock",
];

/** Our choice: a listener does not wait longer for the bundler, which takes 0.3 s, and some seconds if it is downloaded first. */
const DEADLINE_MS = 30_000;

/**
 * Makes the bundle of the program at `root` (absolute, without a slash at its end). A listener that starts meanwhile uses the modules.
 *
 * @throws {CompileError} The bundler cannot be run or fails, or a module is outside of the program.
 */
export async function bundleSession(root: string): Promise<void> {
  const versions = new Map(FOLDERS.flatMap((folder) => versionsBelow(root, folder))); // as they are before they are read
  const folder = dirname(`${root}/${SESSION_BUNDLE}`);
  Deno.mkdirSync(folder, { recursive: true });
  const work = Deno.makeTempDirSync({ dir: folder, prefix: ".new-" });
  const bundle = `${work}/child.js`;
  const facts = `${work}/facts.json`;
  const list = `${work}/files.json`;
  try {
    await runTool(
      [...BUNDLER, CHILD_MODULES.session, ...FOR_DENO, `--outfile=${bundle}`, `--metafile=${facts}`],
      "bundle the modules of sessions",
      { cwd: root, deadlineMs: DEADLINE_MS },
    );
    const { inputs }: { readonly inputs: object } = JSON.parse(Deno.readTextFileSync(facts));
    const made = [
      ...Object.keys(inputs).map((path) => [path, versionIn(versions, path)]),
      ...TOOLS.map((path) => [path, versionOf(root, path)]),
      [SESSION_BUNDLE, fileVersion(pathToFileURL(bundle))],
    ];
    Deno.writeTextFileSync(list, JSON.stringify(Object.fromEntries(made)));
    Deno.renameSync(bundle, `${root}/${SESSION_BUNDLE}`);
    Deno.renameSync(list, `${root}/${BUNDLED_FILES}`);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

function versionIn(versions: ReadonlyMap<string, string>, path: string): string {
  const version = versions.get(path);
  if (version === undefined) throw new CompileError(`cannot bundle the modules of sessions: ${path} is a link, or new`);
  return version;
}

function versionsBelow(root: string, folder: string): readonly (readonly [path: string, version: string])[] {
  return Array.from(Deno.readDirSync(`${root}/${folder}`)).flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? versionsBelow(root, path) : [[path, versionOf(root, path)] as const];
  });
}

function versionOf(root: string, path: string): string {
  return fileVersion(pathToFileURL(`${root}/${path}`));
}

if (import.meta.main) {
  const main = new URL("../main.ts", import.meta.url);
  try {
    if (!isBundleCurrent(main.href)) await bundleSession(dirname(fileURLToPath(main)));
  } catch (error) { // whatever it is, it must not keep the program from starting
    console.error(`setup: ${error instanceof Error ? error.message : error}`);
    console.error("setup: each session starts more slowly, because its process reads more than a hundred modules");
  }
}
