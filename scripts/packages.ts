/**
 * Finds the packages that go into the executable: npm packages in Deno's cache, and the Debian packages that the linked archives
 * belong to.
 *
 * @module
 */

import { SELF } from "../mod/handoff/child_command.ts";
import { exists } from "./files.ts";
import { CompileError, runTool } from "./run_tool.ts";

/** A package of the npm registry. */
export interface NpmPackage {
  /** Name and version as in `deno info --json`: unique among the packages of a program. */
  readonly key: string;
  readonly name: string;
  readonly version: string;
  /** Keys of the packages that it imports. */
  readonly dependencies: readonly string[];
  /** Folder of its files. */
  readonly folder: string;
}

/** An installed package of Debian or Ubuntu. */
export interface DebianPackage {
  /** Without architecture, such as `libsrt-openssl-dev`. */
  readonly name: string;
  /** Without epoch, such as `1.5.1-1+deb12u2`. */
  readonly version: string;
}

/** Deno's cache. */
export interface DenoCache {
  /** `DENO_DIR`. */
  readonly folder: string;
  /** Packages that the program imports. Their files are in the cache. */
  readonly npm: readonly NpmPackage[];
}

/** A package in the output of `deno info --json`. */
export interface GraphPackage {
  readonly name: string;
  readonly version: string;
  /** Keys of other packages. */
  readonly dependencies: readonly string[];
}

/** The part of the output of `deno info --json FILE` that is read here. */
export interface Graph {
  readonly modules: readonly { readonly npmPackage?: string }[];
  /** The packages in deno.json and their dependencies, by key. */
  readonly npmPackages: Readonly<Record<string, GraphPackage>>;
}

/**
 * Fetches the npm packages that the program imports.
 *
 * @param main Path of the program's main module
 * @throws {CompileError}
 */
export async function fetchNpmPackages(main: string): Promise<DenoCache> {
  await runTool([SELF, "cache", "--quiet", main], "fetch the npm packages");
  const { denoDir, npmCache } = JSON.parse(await runTool([SELF, "info", "--json"], "find Deno's cache"));
  const graph: Graph = JSON.parse(await runTool([SELF, "info", "--json", main], "list the npm packages"));
  const npm = imported(graph).map((item) => ({
    ...item,
    folder: findFolder(npmCache, `${item.name}/${item.version}`),
  }));
  return { folder: denoDir, npm };
}

/**
 * Lists the packages that modules of the program import, and the packages that those import. deno.json also names packages of
 * the tests, which are not among them.
 */
export function imported({ modules, npmPackages }: Graph): readonly Omit<NpmPackage, "folder">[] {
  const found = new Map<string, Omit<NpmPackage, "folder">>();
  const open = modules.map(({ npmPackage }) => npmPackage).filter((id) => id !== undefined);
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const next = npmPackages[id];
    if (next === undefined || found.has(id)) continue;
    const { name, version, dependencies } = next;
    found.set(id, { key: id, name, version, dependencies });
    open.push(...next.dependencies);
  }
  return [...found.values()].sort((one, other) => one.name < other.name ? -1 : 1);
}

function findFolder(npmFolder: string, path: string): string {
  for (const { name: registry, isDirectory } of Deno.readDirSync(npmFolder)) {
    const folder = `${npmFolder}/${registry}/${path}`;
    if (isDirectory && exists(`${folder}/package.json`)) return folder;
  }
  throw new CompileError(`cannot find ${path} in Deno's cache ${npmFolder}\nhint: fetch it: deno install`);
}

/** Finds the package that `file` belongs to, with dpkg. @throws {CompileError} */
export async function findDebianPackage(file: string): Promise<DebianPackage> {
  const owner = await runTool(["dpkg-query", "--search", await Deno.realPath(file)], `find the package of ${file}`);
  const name = owner.split(": ")[0] ?? "";
  const version = await runTool(
    ["dpkg-query", "--show", "--showformat=${Version}", name],
    `find the version of ${name}`,
  );
  return { name: name.replace(/:.*/, ""), version: version.replace(/^\d+:/, "") };
}
