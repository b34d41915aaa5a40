/**
 * The libsrt of this machine, as a file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { processFile } from "./processes.ts";

/** Returns the path of the libsrt that the callers of this process use. */
export function fileOfLibsrt(): string {
  const [, file] = / (\/\S*\/libsrt\S*)\n/.exec(processFile("self", "maps")) ?? [];
  assert.ok(file !== undefined, "this process has no libsrt");
  return file;
}
