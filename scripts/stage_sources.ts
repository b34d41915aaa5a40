/**
 * Copies all that goes into the executable to a folder of its own, with one time stamp for every file: the compiler writes the
 * time stamps of the files it takes into what it makes, and two builds of one commit would differ in nothing but them.
 *
 * Called by: scripts/compile.ts.
 * Fails: {@linkcode CompileError} where an npm package is not in Deno's cache; as copying a file.
 *
 * @module
 */

import { CompileError } from "./compile_error.ts";
import type { NpmPackage } from "./license_texts.ts";
import { runTool } from "./run_tool.ts";

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
  readonly npm: readonly NpmPackage[];
}

/**
 * Makes the copies.
 *
 * @param folder Empty; the caller removes it
 * @param inside Folder of what is put inside beside the sources, from `root`
 * @throws {CompileError}
 */
export async function stageSources(
  folder: string,
  { root, inside }: { readonly root: string; readonly inside: string },
): Promise<Stage> {
  const deno = Deno.execPath();
  await runTool([deno, "cache", "--quiet", `${root}/main.ts`], "fetch the npm packages");
  const { denoDir, npmCache } = JSON.parse(await runTool([deno, "info", "--json"], "find Deno's cache"));
  const npm = findNpmPackages(
    npmCache,
    JSON.parse(await runTool([deno, "info", "--json", `${root}/main.ts`], "list the npm packages")).npmPackages,
  );
  const stage: Stage = { project: `${folder}/project`, denoDir: `${folder}/deno`, npm };
  for (const source of [...SOURCES, inside]) copy(`${root}/${source}`, `${stage.project}/${source}`);
  for (const { folder: from } of npm) {
    const to = `${stage.denoDir}/npm${from.slice(npmCache.length)}`;
    copy(from, to);
    // the compiler takes it for a script, and writes its complaint with the path of this folder into the executable
    Deno.removeSync(`${to}/LICENSE`);
    Deno.utimeSync(to, STAMP, STAMP);
    copy(`${from}/../registry.json`, `${to}/../registry.json`);
  }
  // the compiler's base, where it was downloaded: found there, and kept there
  Deno.mkdirSync(`${denoDir}/dl`, { recursive: true });
  Deno.symlinkSync(`${denoDir}/dl`, `${stage.denoDir}/dl`);
  return stage;
}

function findNpmPackages(
  npmCache: string,
  packages: Readonly<Record<string, { readonly name: string; readonly version: string }>>,
): readonly NpmPackage[] {
  const registries = Array.from(Deno.readDirSync(npmCache)).filter(({ isDirectory }) => isDirectory);
  return Object.values(packages).map(({ name, version }) => {
    for (const registry of registries) {
      const folder = `${npmCache}/${registry.name}/${name}/${version}`;
      if (exists(`${folder}/package.json`)) return { name, version, folder };
    }
    throw new CompileError(`cannot find ${name} ${version} in Deno's cache ${npmCache}\nFetch it: deno install`);
  });
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

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
