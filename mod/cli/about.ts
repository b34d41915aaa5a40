/**
 * The version of the program, and the licenses of everything inside it.
 *
 * @module
 */

/** The version, as in deno.json. A constant, so that no file is read for it. */
export const VERSION = "0.1.0";

/** The file that scripts/compile.ts writes and embeds in the executable. */
const LICENSES = new URL("../../dist/inside/LICENSES.txt.gz", import.meta.url);

/** Reads the license texts. `standalone`: whether this is the executable (`Deno.build.standalone`). */
export async function licenseTexts(standalone: boolean): Promise<string> {
  if (standalone) {
    const compressed = new Blob([Deno.readFileSync(LICENSES)]).stream();
    return await new Response(compressed.pipeThrough(new DecompressionStream("gzip"))).text();
  }
  return "srt-splitter: MIT, see LICENSE. This runs from source: Deno, libsrt and the npm packages are not part of it.\n";
}
