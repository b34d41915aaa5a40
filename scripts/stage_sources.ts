/**
 * Copies what the executable is made of to separate folders: first the sources with their packages, for the bundler; then the
 * bundler's output with everything else, for the compiler.
 *
 * @module
 */

import { gzipSync } from "node:zlib";

import { exists } from "./files.ts";
import type { DenoCache, NpmPackage } from "./packages.ts";

/** With this feature of deno.json, Deno does not read a dynamically imported module until its `import()` runs. */
const LAZY = "lazy-dynamic-imports";
/** 1980-01-01, as in archives of reproducible builds. Our choice. */
const STAMP = new Date("1980-01-01T00:00:00Z");

/** Sources of the program, from the top of the project. */
const SOURCES = ["main.ts", "mod", "workers"] as const;

/** Pages of the manual, and the files of the page of the web process, from the top of the project. */
const MANUAL = "mod/manual";
const ASSETS = "mod/web/assets";

/** Folders from which the program reads files, from the top of the project. */
export const STAGED_FILES: readonly string[] = [MANUAL, ASSETS];

/** Where the copies of packages are, from the folder of the sources. */
const PACKAGES = "node_modules/.packages";

/** The code of a package: all that the bundler reads. */
const CODE = /\.[cm]?js$|\.json$/;

/**
 * Copies the sources, and their packages as Node.js would find them: each in a folder of its own, beside links to the
 * packages that it imports, because two packages may need different versions of a third.
 *
 * @param folder Folder to make; the code that calls this function removes it
 */
export function stageSources(
  folder: string,
  { root, npm }: { readonly root: string; readonly npm: DenoCache["npm"] },
): void {
  for (const source of SOURCES) copy(`${root}/${source}`, `${folder}/${source}`);
  // without these files, the bundler reads those of the folders above, which may belong to another project
  write(`${folder}/package.json`, "{}\n");
  write(`${folder}/tsconfig.json`, "{}\n");
  const byKey = new Map(npm.map((item) => [item.key, item]));
  for (const item of npm) {
    const place = `${folder}/${PACKAGES}/${item.key}/node_modules`;
    copy(item.folder, `${place}/${item.name}`, (name) => CODE.test(name));
    for (const key of item.dependencies) link(byKey.get(key), { folder, place });
  }
  const { imports } = readConfiguration(root);
  for (const specifier of Object.values(imports)) {
    link(byKey.get(specifier.replace(/^npm:/, "")), { folder, place: `${folder}/node_modules` });
  }
}

/** Links a package into a folder of packages; does nothing if the program does not import it. */
function link(
  item: NpmPackage | undefined,
  { folder, place }: { readonly folder: string; readonly place: string },
): void {
  const path = `${place}/${item?.name}`;
  if (item === undefined || exists(path)) return;
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.symlinkSync(`${folder}/${PACKAGES}/${item.key}/node_modules/${item.name}`, path);
}

/** Input of the compiler. */
export interface Stage {
  /** Folder of the program. */
  readonly project: string;
  /** A cache of Deno (`DENO_DIR`). */
  readonly denoDir: string;
}

/** What to copy for the compiler. */
export interface StageProgram {
  /** Top of the project. */
  readonly root: string;
  /** Output of the bundler. */
  readonly bundle: string;
  /** Folder of other files to include: its path, and its place from the top of the project. */
  readonly inside: { readonly from: string; readonly to: string };
  /** Deno's cache. */
  readonly cache: DenoCache;
}

/**
 * Copies the program for the compiler, with one time stamp for every file. The compiler writes these time stamps into its
 * output, so two builds of one commit would differ without this step.
 *
 * @param folder Folder to make; the code that calls this function removes it
 */
export function stageProgram(folder: string, { root, bundle, inside, cache }: StageProgram): Stage {
  const stage: Stage = { project: `${folder}/project`, denoDir: `${folder}/deno` };
  copy(bundle, stage.project);
  copy(`${root}/${MANUAL}`, `${stage.project}/${MANUAL}`);
  compress(`${root}/${ASSETS}`, `${stage.project}/${ASSETS}`);
  copy(inside.from, `${stage.project}/${inside.to}`);
  const { unstable, ...common } = readConfiguration(root);
  const configuration = {
    ...common,
    imports: {}, // the packages are in the bundle, and the compiler would include them again
    unstable: unstable.filter((feature) => feature !== LAZY), // with it, the compiler leaves out what is imported dynamically
  };
  write(`${stage.project}/deno.json`, JSON.stringify(configuration, null, 2));
  // the base of executables (denort) is downloaded into Deno's cache, and stays there
  Deno.mkdirSync(`${cache.folder}/dl`, { recursive: true });
  Deno.mkdirSync(stage.denoDir, { recursive: true });
  Deno.symlinkSync(`${cache.folder}/dl`, `${stage.denoDir}/dl`);
  return stage;
}

function readConfiguration(
  root: string,
): { readonly imports: Readonly<Record<string, string>>; readonly unstable: readonly string[] } {
  return JSON.parse(Deno.readTextFileSync(`${root}/deno.json`));
}

function write(path: string, text: string): void {
  Deno.writeTextFileSync(path, text);
  Deno.utimeSync(path, STAMP, STAMP);
}

/** Compresses the files of a folder, because every process of an executable of Deno 2.6 has a copy of them in its memory. */
function compress(from: string, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name } of Deno.readDirSync(from)) {
    const path = `${to}/${name}.gz`;
    Deno.writeFileSync(path, gzipSync(Deno.readFileSync(`${from}/${name}`), { level: 9 }));
    Deno.utimeSync(path, STAMP, STAMP);
  }
  Deno.utimeSync(to, STAMP, STAMP);
}

/** Copies a file, or a folder with the files that `wanted` accepts. */
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
