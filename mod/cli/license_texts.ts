/**
 * The licence texts of all that is inside the executable, which may be passed on as one file without anything beside it.
 *
 * @module
 */

/** Where scripts/compile.ts puts them, inside the executable. */
const FILE = new URL("../../dist/inside/LICENSES.txt.gz", import.meta.url);

/** `standalone`: whether this is the executable (`Deno.build.standalone`). */
export async function licenseTexts(standalone: boolean): Promise<string> {
  if (standalone) {
    const compressed = new Blob([Deno.readFileSync(FILE)]).stream();
    return await new Response(compressed.pipeThrough(new DecompressionStream("gzip"))).text();
  }
  return "srt-splitter: MIT, see LICENSE. This runs from source: Deno, libsrt and the npm packages are not part of it.\n";
}
