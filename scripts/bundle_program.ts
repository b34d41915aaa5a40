/**
 * Joins the modules of the program into about 100 files without types and comments. Every process of the executable has a copy of
 * all its files in memory, and without this step `deno compile` would include whole packages, with the TypeScript code and source
 * maps of each module.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { CompileError, runTool } from "./run_tool.ts";

/** The bundler has its own deno.json and lock file, because it is not part of the program. */
const CONFIGURATION = fileURLToPath(new URL("bundling/deno.json", import.meta.url));

/** Begins a command line of the bundler. */
export const BUNDLER = [
  ...[SELF, "run", "-q", "--no-prompt", "--frozen", "--config", CONFIGURATION] as const,
  ...["--allow-read", "--allow-env", "--allow-run", "esbuild"],
] as const;

/** The main modules of the roles that import no package and no `node:` module. The other one, `forward`, resolves host names. */
const CHILD_ROLES: readonly string[] = ["workers/session.ts", "workers/probe.ts", "workers/hooks.ts"];

/**
 * A package that is left out, because it reads the command line and the environment. cli-table3 imports it for colors, which the
 * program does not use, and works without it.
 */
const UNUSED = "@colors/colors";

/** Options of the bundler for modules that Deno runs. */
export const FOR_DENO: readonly string[] = [
  "--bundle",
  "--format=esm",
  "--platform=node",
  "--conditions=", // without `module`, which Deno does not know
  "--target=esnext",
  "--tsconfig-raw={}", // that of a folder above does not count
  "--minify-syntax",
  "--minify-whitespace", // names stay, for stack traces
  "--log-level=warning",
];

const OPTIONS: readonly string[] = [
  ...FOR_DENO,
  "--splitting", // a file for each role: a child reads no code of the listener
  `--external:${UNUSED}`,
  // as deep as the modules that read files relative to their own place, such as mod/cli/manual.ts
  "--chunk-names=mod/bundle/[name]-[hash]",
];

/** The part of esbuild's metafile that is read here. Paths are relative to the folder of the sources. */
export interface Metafile {
  readonly outputs: Readonly<Record<string, BundledFile>>;
}

/** A file of the bundle. */
export interface BundledFile {
  /** The module that the file was made for, if others import it dynamically or it is the main module. */
  readonly entryPoint?: string;
  /** The modules in it. */
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly imports: readonly { readonly path: string; readonly kind: string; readonly external?: boolean }[];
}

/** Folders of a bundle. */
export interface Bundling {
  /** Folder of the sources, with their packages in `node_modules`; the main module is `main.ts`. */
  readonly sources: string;
  /** Folder to make; the main module is `main.js`. */
  readonly output: string;
}

/**
 * Bundles the program.
 *
 * @throws {CompileError} The bundler fails, or the bundle has {@linkcode bundleProblems}.
 */
export async function bundleProgram({ sources, output }: Bundling): Promise<void> {
  const facts = `${output}.json`;
  await runTool(
    [
      ...BUNDLER,
      "main.ts",
      ...OPTIONS,
      `--outdir=${output}`,
      `--metafile=${facts}`,
    ],
    "bundle the program",
    { cwd: Deno.realPathSync(sources) }, // links are resolved too, and paths in the bundle are relative
  );
  const problems = bundleProblems(JSON.parse(Deno.readTextFileSync(facts)));
  if (problems.length > 0) throw new CompileError(`cannot bundle the program:\n${problems.join("\n")}`);
}

/** Lists what would not work in the executable, and what would slow the start of a child. */
export function bundleProblems({ outputs }: Metafile): readonly string[] {
  const missing = Object.entries(outputs).flatMap(([file, { imports }]) =>
    imports.filter(({ external }) => external).filter((found) => !canBeLeftOut(found)).map(({ path, kind }) =>
      `${file} needs ${path} (${kind}), which is not in the bundle`
    )
  );
  return [...missing, ...CHILD_ROLES.flatMap((role) => childProblems(outputs, role))];
}

/** Reports whether the executable works although this import is not in the bundle. */
function canBeLeftOut({ path, kind }: { readonly path: string; readonly kind: string }): boolean {
  if (path === UNUSED || path.startsWith(`${UNUSED}/`)) return true;
  return path.startsWith("node:") && kind !== "require-call"; // there is no require() in a module
}

/** Lists the packages and `node:` modules in the files that a role of a child may load. */
function childProblems(outputs: Metafile["outputs"], role: string): readonly string[] {
  const fileOf = (module: string) => Object.keys(outputs).find((file) => outputs[file]?.entryPoint === module);
  const [main, first] = [fileOf("main.ts"), fileOf(role)];
  if (main === undefined || first === undefined) return [`no file was made for ${role}`];
  const files = new Set<string>();
  const open = [main, first];
  const found: string[] = [];
  for (let file = open.pop(); file !== undefined; file = open.pop()) {
    if (files.has(file)) continue;
    files.add(file);
    const { inputs = {}, imports = [] } = outputs[file] ?? {};
    found.push(...Object.keys(inputs).filter((path) => path.startsWith("node_modules/")));
    for (const { path, kind, external } of imports) {
      if (external) found.push(path);
      else if (file !== main || kind !== "dynamic-import") open.push(path); // main.ts imports the other roles dynamically
    }
  }
  return found.map((path) => `${role} would load ${path}`);
}
