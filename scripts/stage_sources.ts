/**
 * Copies all that goes into the executable to a folder of its own, with one time stamp for every file: the compiler writes the
 * time stamps of the files it takes into what it makes, and two builds of one commit would differ in nothing but them.
 *
 * @module
 */

import { exists } from "./exists.ts";
import type { DenoCache } from "./npm_packages.ts";

/** 1980-01-01, what archives of reproducible builds have. Our choice. */
const STAMP = new Date("1980-01-01T00:00:00Z");

/** What the program is made of, from the top of the project. */
const SOURCES = ["main.ts", "mod", "workers"] as const;

/** Where everything was copied to. */
export interface Stage {
  /** Copy of the project. */
  readonly project: string;
  /** A cache of Deno (`DENO_DIR`) that has the npm packages. */
  readonly denoDir: string;
}

/**
 * What a package runs on, and its types. The compiler takes every other file (README, LICENSE, settings of linters) for a script
 * too, and writes its complaint about it into the executable, with the path of the folder that it was built in. License texts go
 * inside as one.
 */
const CODE = /\.[cm]?js$|\.d\.[cm]?ts$|\.json$|\.wasm$|\.node$/;

/** What is copied. */
export interface StageSources {
  /** Top of the project. */
  readonly root: string;
  /** Folder of what is put inside beside the sources: where it is, and where it goes, from the top of the project. */
  readonly inside: { readonly from: string; readonly to: string };
  readonly cache: DenoCache;
}

/** Makes the copies in `folder`, which is new; the caller removes it. */
export function stageSources(folder: string, { root, inside, cache }: StageSources): Stage {
  const stage: Stage = { project: `${folder}/project`, denoDir: `${folder}/deno` };
  for (const source of SOURCES) copy(`${root}/${source}`, `${stage.project}/${source}`);
  writeConfiguration(stage.project, { root, npm: cache.npm });
  copy(inside.from, `${stage.project}/${inside.to}`);
  for (const { folder: from } of cache.npm) {
    const to = `${stage.denoDir}/npm${from.slice(cache.npmFolder.length)}`;
    copy(from, to, (name) => CODE.test(name));
    // with a lock file Deno needs it only to look for other versions, and may never have fetched it
    if (exists(`${from}/../registry.json`)) copy(`${from}/../registry.json`, `${to}/../registry.json`);
  }
  // the compiler's base, where it was downloaded: found there, and kept there
  Deno.mkdirSync(`${cache.folder}/dl`, { recursive: true });
  Deno.symlinkSync(`${cache.folder}/dl`, `${stage.denoDir}/dl`);
  return stage;
}

/** The compiler takes every package inside that deno.json names; the ones of the tests stay out. */
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

/** Copies a file, or a folder with those of its files whose names are wanted. */
function copy(from: string, to: string, wanted: (name: string) => boolean = () => true): void {
  if (Deno.statSync(from).isDirectory) {
    Deno.mkdirSync(to, { recursive: true });
    for (const { name, isDirectory } of Deno.readDirSync(from)) {
      if (isDirectory || wanted(name)) copy(`${from}/${name}`, `${to}/${name}`, wanted);
    }
  } else {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, to);
  }
  Deno.utimeSync(to, STAMP, STAMP);
}
