/**
 * Reads the imports between files as Deno resolves them.
 *
 * @module
 */

import { pathToFileURL } from "node:url";

import { SELF } from "../mod/handoff/child_command.ts";
import { exists } from "./files.ts";

/** One import statement or expression. */
export interface ImportEdge {
  /** Path of the importing file, from the top of the project. */
  readonly from: string;
  /** Path of the imported file, from the top of the project; a URL if it is a package or a file outside of the project. */
  readonly to: string;
  readonly kind: "code" | "types" | "dynamic";
}

/** The part of the output of `deno info --json` that is read here. */
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
 * Reads all imports of `files`.
 *
 * @param root Top of the project, absolute, without a slash at its end
 * @param files Paths from `root`
 */
export async function readImportGraph(root: string, files: readonly string[]): Promise<readonly ImportEdge[]> {
  const base = `${pathToFileURL(root).href}/`;
  const entry = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    // one entry that imports them all: Deno starts once, not for each file
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
