/**
 * Reads who imports whom, as Deno itself resolves it.
 *
 * @module
 */

import { pathToFileURL } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { exists } from "./exists.ts";

/** One import statement or expression. */
export interface ImportEdge {
  /** Importing file, from the top of the project. */
  readonly from: string;
  /** Imported file, from the top of the project; a file outside of it or a package as Deno resolved it. */
  readonly to: string;
  readonly kind: "code" | "types" | "dynamic";
}

/** What is used of `deno info --json`. */
interface DenoInfo {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
      readonly type?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/**
 * All imports of `files`.
 *
 * @param root Top of the project, absolute, without a slash at its end
 * @param files From `root`
 */
export async function readImportGraph(root: string, files: readonly string[]): Promise<readonly ImportEdge[]> {
  const base = `${pathToFileURL(root).href}/`;
  const entry = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    // One entry that imports all of them: one start of Deno rather than one for each file.
    Deno.writeTextFileSync(entry, files.map((file) => `import ${JSON.stringify(base + file)};\n`).join(""));
    const config = exists(`${root}/deno.json`) ? ["--config", `${root}/deno.json`] : ["--no-config"];
    const command = new Deno.Command(SELF, { args: ["info", "--json", "--no-lock", ...config, entry] });
    const { success, stdout, stderr } = await command.output();
    const decoder = new TextDecoder();
    if (!success) throw new Error(`cannot read the imports: ${decoder.decode(stderr)}`);
    return edgesOf(JSON.parse(decoder.decode(stdout)), base);
  } finally {
    Deno.removeSync(entry);
  }
}

function edgesOf(info: DenoInfo, base: string): readonly ImportEdge[] {
  const short = (specifier: string): string => specifier.startsWith(base) ? specifier.slice(base.length) : specifier;
  return info.modules.filter(({ specifier }) => specifier.startsWith(base)).flatMap((
    { specifier, dependencies = [] },
  ) =>
    dependencies.map((dependency) => ({
      from: short(specifier),
      to: short(dependency.code?.specifier ?? dependency.type?.specifier ?? dependency.specifier),
      kind: dependency.isDynamic ? "dynamic" : dependency.code === undefined ? "types" : "code",
    }))
  );
}
