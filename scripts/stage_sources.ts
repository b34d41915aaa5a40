/**
 * Copies everything that goes into the executable to one folder, with one time stamp for every file. The compiler writes these
 * time stamps into its output, so two builds of one commit would differ without this step.
 *
 * @module
 */

import { exists } from "./files.ts";
import type { DenoCache } from "./packages.ts";

/** 1980-01-01, as in archives of reproducible builds. Our choice. */
const STAMP = new Date("1980-01-01T00:00:00Z");

/** Sources of the program, from the top of the project. */
const SOURCES = ["main.ts", "mod", "workers"] as const;

/** The copies. */
export interface Stage {
  /** Folder of the project. */
  readonly project: string;
  /** A cache of Deno (`DENO_DIR`) with the npm packages. */
  readonly denoDir: string;
}

/**
 * Code of a package. The compiler treats every other file (README, LICENSE, settings of linters) as a script, and writes an error
 * with the path of the build folder into the executable. License texts are included as one file. Type declarations are
 * left out, because each process of the executable holds all of its files in memory.
 */
const CODE = /\.[cm]?js$|\.json$|\.wasm$|\.node$/;

/** What to copy. */
export interface StageSources {
  /** Top of the project. */
  readonly root: string;
  /** Folder of other files to include: its path, and its place from the top of the project. */
  readonly inside: { readonly from: string; readonly to: string };
  readonly cache: DenoCache;
}

/** Makes the copies in `folder`, which must not exist yet. The caller removes it. */
export function stageSources(folder: string, { root, inside, cache }: StageSources): Stage {
  const stage: Stage = { project: `${folder}/project`, denoDir: `${folder}/deno` };
  for (const source of SOURCES) copy(`${root}/${source}`, `${stage.project}/${source}`);
  writeConfiguration(stage.project, { root, npm: cache.npm });
  copy(inside.from, `${stage.project}/${inside.to}`);
  for (const { folder: from } of cache.npm) {
    const to = `${stage.denoDir}/npm${from.slice(cache.npmFolder.length)}`;
    copy(from, to, (name) => CODE.test(name));
    // Deno reads registry.json only to find other versions: with a lock file, it may never have fetched it
    if (exists(`${from}/../registry.json`)) copy(`${from}/../registry.json`, `${to}/../registry.json`);
  }
  // the base of executables (denort) is downloaded into Deno's cache, and stays there
  Deno.mkdirSync(`${cache.folder}/dl`, { recursive: true });
  Deno.symlinkSync(`${cache.folder}/dl`, `${stage.denoDir}/dl`);
  return stage;
}

/** Writes a deno.json without the packages of the tests: the compiler includes every package that it names. */
function writeConfiguration(
  project: string,
  { root, npm }: { readonly root: string; readonly npm: DenoCache["npm"] },
): void {
  const { imports, ...others } = JSON.parse(Deno.readTextFileSync(`${root}/deno.json`));
  const names = new Set(npm.map(({ name }) => name));
  const kept = Object.fromEntries(Object.entries(imports).filter(([name]) => names.has(name)));
  write(`${project}/deno.json`, JSON.stringify({ ...others, imports: kept }, null, 2));
  copy(`${root}/deno.lock`, `${project}/deno.lock`);
}

function write(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
  Deno.utimeSync(path, STAMP, STAMP);
}

/** Copies a file, or a folder with the files that `wanted` accepts. */
function copy(from: string, to: string, wanted: (name: string) => boolean = () => true): void {
  if (Deno.statSync(from).isDirectory) {
    Deno.mkdirSync(to, { recursive: true });
    for (const { name, isDirectory } of Deno.readDirSync(from)) {
      if (isDirectory && name === "cjs" && exists(`${from}/esm`)) continue; // the same code as CommonJS modules
      if (isDirectory || wanted(name)) copy(`${from}/${name}`, `${to}/${name}`, wanted);
    }
  } else {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, to);
  }
  Deno.utimeSync(to, STAMP, STAMP);
}
