/**
 * A copy of the program in another folder, for tests that change its files.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Copies the program, and `more` of the project, such as `scripts`, into a folder. A bundle of its children is not copied. */
export function copyProgram(to: string, more: readonly string[] = []): void {
  const parts = ["main.ts", "mod", "workers", "deno.json", "deno.lock", ...more].map((part) => `${ROOT}${part}`);
  const { success } = new Deno.Command("cp", { args: ["-r", ...parts, to] }).outputSync();
  assert.ok(success);
}

/** Makes every module in a folder unusable. */
export function breakModules(folder: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    if (isDirectory) breakModules(`${folder}/${name}`);
    else if (name.endsWith(".ts")) Deno.writeTextFileSync(`${folder}/${name}`, 'throw new Error("replaced");');
  }
}
