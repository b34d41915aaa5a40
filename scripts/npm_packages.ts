/**
 * Finds the npm packages that the program imports, in Deno's cache.
 *
 * @module
 */

import { SELF } from "../mod/handoff/child_command.ts";
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

/** A package as `deno info --json` has it. */
export interface GraphPackage {
  readonly name: string;
  readonly version: string;
  /** Keys of others in the list of packages. */
  readonly dependencies: readonly string[];
}

/** What is read of `deno info --json FILE`. */
export interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  /** Every package that deno.json knows, by its key. */
  readonly npmPackages: Readonly<Record<string, GraphPackage>>;
}

/** Fetches what is missing. `main`: path of the program. @throws {CompileError} */
export async function fetchNpmPackages(main: string): Promise<DenoCache> {
  await runTool([SELF, "cache", "--quiet", main], "fetch the npm packages");
  const { denoDir, npmCache } = JSON.parse(await runTool([SELF, "info", "--json"], "find Deno's cache"));
  const graph: Graph = JSON.parse(await runTool([SELF, "info", "--json", main], "list the npm packages"));
  const npm = imported(graph).map(({ name, version }) => {
    return { name, version, folder: find(npmCache, `${name}/${version}`) };
  });
  return { folder: denoDir, npmFolder: npmCache, npm };
}

/** The packages that modules of the program import, and what those need: deno.json names some for tests too. */
export function imported({ modules, npmPackages }: Graph): readonly GraphPackage[] {
  const found = new Map<string, GraphPackage>();
  const open = modules.map(({ npmPackage }) => npmPackage).filter((id) => id !== undefined);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const next = npmPackages[id];
    if (next === undefined || found.has(id)) continue;
    found.set(id, next);
    open.push(...next.dependencies);
  }
  return [...found.values()].sort((one, other) => one.name < other.name ? -1 : 1);
}

function find(npmFolder: string, path: string): string {
  for (const { name: registry, isDirectory } of Deno.readDirSync(npmFolder)) {
    const folder = `${npmFolder}/${registry}/${path}`;
    if (isDirectory && exists(`${folder}/package.json`)) return folder;
  }
  throw new CompileError(`cannot find ${path} in Deno's cache ${npmFolder}\nFetch it: deno install`);
}
