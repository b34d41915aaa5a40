/**
 * Finds the npm packages that the program imports, in Deno's cache.
 *
 * Called by: scripts/compile.ts.
 * Fails: {@linkcode CompileError} where one cannot be fetched or is not in the cache.
 *
 * @module
 */

import { CompileError } from "./compile_error.ts";
import { exists } from "./exists.ts";
import { runTool } from "./run_tool.ts";

/** A package of the npm registry. */
export interface NpmPackage {
  readonly name: string;
  readonly version: string;
  /** Folder of its files. */
  readonly folder: string;
}

/** Where Deno keeps things. */
export interface DenoCache {
  /** `DENO_DIR`. */
  readonly folder: string;
  /** Its folder of npm packages, one folder for each registry. */
  readonly npmFolder: string;
  /** Packages that the program imports, fetched. */
  readonly npm: readonly NpmPackage[];
}

/** Fetches what is missing. `main`: path of the program. @throws {CompileError} */
export async function fetchNpmPackages(main: string): Promise<DenoCache> {
  const deno = Deno.execPath();
  await runTool([deno, "cache", "--quiet", main], "fetch the npm packages");
  const { denoDir, npmCache } = JSON.parse(await runTool([deno, "info", "--json"], "find Deno's cache"));
  const { npmPackages } = JSON.parse(await runTool([deno, "info", "--json", main], "list the npm packages"));
  const packages: readonly { readonly name: string; readonly version: string }[] = Object.values(npmPackages);
  const npm = packages.map(({ name, version }) => ({ name, version, folder: find(npmCache, `${name}/${version}`) }));
  return { folder: denoDir, npmFolder: npmCache, npm };
}

function find(npmFolder: string, path: string): string {
  for (const { name: registry, isDirectory } of Deno.readDirSync(npmFolder)) {
    const folder = `${npmFolder}/${registry}/${path}`;
    if (isDirectory && exists(`${folder}/package.json`)) return folder;
  }
  throw new CompileError(`cannot find ${path} in Deno's cache ${npmFolder}\nFetch it: deno install`);
}
