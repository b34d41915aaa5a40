/**
 * Tests of the executable: they run where SRT_SPLITTER names it, and are skipped with the reason in their name elsewhere.
 *
 * @module
 */

import { EXECUTABLE } from "./splitter.ts";

/** Registers a test. `root`: it makes namespaces, which takes root. */
export function testExecutable(
  name: string,
  test: (executable: string) => Promise<void>,
  { root = false }: { readonly root?: boolean } = {},
): void {
  const executable = EXECUTABLE;
  const missing = [
    ...(executable === null ? ["SRT_SPLITTER names no executable, deno task compile builds it"] : []),
    ...(root && Deno.uid() !== 0 ? ["needs root"] : []),
  ];
  if (executable === null || missing.length > 0) {
    Deno.test({ name: `${name} (skipped: ${missing.join("; ")})`, ignore: true, fn: () => {} });
  } else {
    Deno.test(name, () => test(executable));
  }
}
