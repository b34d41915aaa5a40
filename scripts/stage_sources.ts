/**
 * Copies all that goes into the executable to a folder of its own, with one time stamp for every file: the compiler writes the
 * time stamps of the files it takes into what it makes, and two builds of one commit would differ in nothing but them.
 *
 * Called by: scripts/compile.ts.
 * Fails: as copying a file.
 *
 * @module
 */

import type { DenoCache } from "./npm_packages.ts";

/** 1980-01-01, what archives of reproducible builds have. Our choice. */
const STAMP = new Date("1980-01-01T00:00:00Z");

/** What the program is made of, from the top of the project. */
const SOURCES = ["deno.json", "deno.lock", "main.ts", "mod", "workers"] as const;

/** Where everything was copied to. */
export interface Stage {
  /** Copy of the project. */
  readonly project: string;
  /** A cache of Deno (`DENO_DIR`) that has the npm packages. */
  readonly denoDir: string;
}

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
  copy(inside.from, `${stage.project}/${inside.to}`);
  for (const { folder: from } of cache.npm) {
    const to = `${stage.denoDir}/npm${from.slice(cache.npmFolder.length)}`;
    copy(from, to);
    // the compiler takes a file without an ending for a script, and writes its complaint with the path of this folder into the
    // executable
    for (const { name } of [...Deno.readDirSync(to)]) if (/^licen[cs]e$/i.test(name)) Deno.removeSync(`${to}/${name}`);
    Deno.utimeSync(to, STAMP, STAMP);
    copy(`${from}/../registry.json`, `${to}/../registry.json`);
  }
  // the compiler's base, where it was downloaded: found there, and kept there
  Deno.mkdirSync(`${cache.folder}/dl`, { recursive: true });
  Deno.symlinkSync(`${cache.folder}/dl`, `${stage.denoDir}/dl`);
  return stage;
}

function copy(from: string, to: string): void {
  if (Deno.statSync(from).isDirectory) {
    Deno.mkdirSync(to, { recursive: true });
    for (const { name } of Deno.readDirSync(from)) copy(`${from}/${name}`, `${to}/${name}`);
  } else {
    Deno.mkdirSync(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    Deno.copyFileSync(from, to);
  }
  Deno.utimeSync(to, STAMP, STAMP);
}
