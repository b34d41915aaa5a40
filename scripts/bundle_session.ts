/**
 * Makes the bundle of sessions (mod/handoff/session_bundle.ts), unless it is current. It prints a line if it takes long, and
 * the cause if it fails: then the process of each session reads the modules, and starts more slowly.
 *
 * @module
 */

import { dirname } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { CHILD_MODULES } from "../mod/handoff/child_command.ts";
import {
  BUNDLED_FILES,
  type FileVersion,
  fileVersion,
  isBundleCurrent,
  SESSION_BUNDLE,
} from "../mod/handoff/session_bundle.ts";
import { BUNDLER, FOR_DENO } from "./bundle_program.ts";
import { CompileError, runTool } from "./run_tool.ts";

/** Folders of the modules that sessions may import. */
const FOLDERS: readonly string[] = ["mod", "workers"];

/** Files that decide how the modules are joined. */
const TOOLS: readonly string[] = [
  "scripts/bundle_session.ts",
  "scripts/bundle_program.ts",
  "scripts/bundling/deno.json",
  "scripts/bundling/deno.lock",
];

/** Our choice: a listener does not wait longer for the bundler, which takes 0.3 s, and some seconds if it is downloaded first. */
const DEADLINE_MS = 30_000;

/** Our choice: after this time, a line reports what the listener waits for. */
const SLOW_MS = 5000;

/** Begins the name of the folder in which the bundle is made, before it replaces the one that is there. */
const WORK_PREFIX = ".new-";

/**
 * Makes the bundle of the program at `root` (absolute, without a slash at its end). If two runs make it at the same time, it can be
 * out of date afterwards, until the next run.
 *
 * @throws {CompileError} The bundler cannot be run or fails, or a module, or the target of a link, is outside of the folders, so
 * that a change of it would not be noticed.
 */
export async function bundleSession(root: string): Promise<void> {
  // as they are before they are read
  const versions = new Map(
    FOLDERS.flatMap((folder) => modulesBelow(root, folder)).map((path) => versionOf(root, path)),
  );
  const tools = TOOLS.map((path) => versionOf(root, path));
  const folder = dirname(`${root}/${SESSION_BUNDLE}`);
  Deno.mkdirSync(folder, { recursive: true });
  removeLeftovers(folder);
  const work = Deno.makeTempDirSync({ dir: folder, prefix: WORK_PREFIX });
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
      ...tools,
      [SESSION_BUNDLE, fileVersion(pathToFileURL(bundle))],
    ];
    Deno.writeTextFileSync(list, JSON.stringify(Object.fromEntries(made)));
    // a listener checks the list again when the bundle has changed, so the list comes first
    Deno.renameSync(list, `${root}/${BUNDLED_FILES}`);
    Deno.renameSync(bundle, `${root}/${SESSION_BUNDLE}`);
  } finally {
    Deno.removeSync(work, { recursive: true });
  }
}

function versionIn(versions: ReadonlyMap<string, FileVersion>, path: string): FileVersion {
  const version = versions.get(path);
  if (version !== undefined) return version;
  throw new CompileError(
    `cannot bundle the modules of sessions: ${path} is outside of ${
      FOLDERS.join(" and ")
    }, perhaps as the target of a link, or was just added`,
  );
}

function modulesBelow(root: string, folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(`${root}/${folder}`)).flatMap(({ name, isDirectory, isFile }) => {
    const path = `${folder}/${name}`;
    if (isDirectory) return modulesBelow(root, path);
    return isFile && name.endsWith(".ts") ? [path] : [];
  });
}

function versionOf(root: string, path: string): readonly [path: string, version: FileVersion] {
  return [path, fileVersion(pathToFileURL(`${root}/${path}`))];
}

/** Removes what was left by runs that were killed. */
function removeLeftovers(folder: string): void {
  for (const { name } of Deno.readDirSync(folder)) {
    if (!name.startsWith(WORK_PREFIX)) continue;
    try {
      const changedMs = Deno.lstatSync(`${folder}/${name}`).mtime?.getTime() ?? 0;
      if (Date.now() - changedMs > 2 * DEADLINE_MS) Deno.removeSync(`${folder}/${name}`, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error; // another run has removed it
    }
  }
}

if (import.meta.main) {
  const main = new URL("../main.ts", import.meta.url);
  const slow = setTimeout(() => {
    console.error(
      `setup: joining the modules of sessions, for ${DEADLINE_MS / 1000} s at most; perhaps esbuild is downloaded`,
    );
  }, SLOW_MS);
  try {
    if (!isBundleCurrent(main.href)) await bundleSession(dirname(fileURLToPath(main)));
  } catch (error) { // whatever it is, it must not keep the program from starting
    console.error(`setup: ${error instanceof Error ? error.message : error}`);
    console.error("setup: each session starts more slowly, because its process reads more than a hundred modules");
  }
  clearTimeout(slow);
}
