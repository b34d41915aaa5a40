/**
 * Makes the bundle of sessions (mod/handoff/session_bundle.ts), unless it is current. It prints nothing unless it fails: then the
 * process of each session reads the modules, and starts more slowly.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { CHILD_MODULES } from "../mod/handoff/child_command.ts";
import { BUNDLED_MODULES, isBundleCurrent, moduleVersion, SESSION_BUNDLE } from "../mod/handoff/session_bundle.ts";
import { BUNDLER, FOR_DENO } from "./bundle_program.ts";
import { CompileError, runTool } from "./run_tool.ts";

/** Folders of the modules that sessions may import. */
const FOLDERS: readonly string[] = ["mod", "workers"];

/**
 * Makes the bundle of the program at `root` (absolute, without a slash at its end). A listener that starts meanwhile uses the modules.
 *
 * @throws {CompileError} The bundler cannot be run, or fails.
 */
export async function bundleSession(root: string): Promise<void> {
  const versions = new Map(FOLDERS.flatMap((folder) => versionsBelow(root, folder))); // as they are before they are read
  const folder = dirname(`${root}/${SESSION_BUNDLE}`);
  Deno.mkdirSync(folder, { recursive: true });
  const work = Deno.makeTempDirSync({ dir: folder, prefix: ".new-" });
  const bundle = `${work}/child.js`;
  const facts = `${work}/facts.json`;
  const list = `${work}/modules.json`;
  try {
    await runTool(
      [...BUNDLER, CHILD_MODULES.session, ...FOR_DENO, `--outfile=${bundle}`, `--metafile=${facts}`],
      "bundle the modules of sessions",
      { cwd: root },
    );
    const { inputs }: { readonly inputs: object } = JSON.parse(Deno.readTextFileSync(facts));
    const used = Object.keys(inputs).map((path) => [path, versions.get(path)]);
    Deno.writeTextFileSync(list, JSON.stringify(Object.fromEntries(used)));
    Deno.renameSync(bundle, `${root}/${SESSION_BUNDLE}`);
    Deno.renameSync(list, `${root}/${BUNDLED_MODULES}`);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

function versionsBelow(root: string, folder: string): readonly (readonly [path: string, version: string])[] {
  return Array.from(Deno.readDirSync(`${root}/${folder}`)).flatMap(({ name, isDirectory }) => {
    const path = `${folder}/${name}`;
    return isDirectory ? versionsBelow(root, path) : [[path, moduleVersion(pathToFileURL(`${root}/${path}`))] as const];
  });
}

if (import.meta.main) {
  const main = new URL("../main.ts", import.meta.url);
  try {
    if (!isBundleCurrent(main.href)) await bundleSession(dirname(fileURLToPath(main)));
  } catch (error) {
    const isSystemError = error instanceof Error && "code" in error; // the folder cannot be written, for example
    if (!isSystemError && !(error instanceof CompileError)) throw error;
    console.error(`setup: ${error.message}`);
    console.error("setup: each session starts more slowly, because its process reads more than a hundred modules");
  }
}
