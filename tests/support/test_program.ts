/**
 * Programs of the tests, each of them a process of its own.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** The command that runs a module with all permissions, in the Deno that runs the tests. */
export function testProgram(
  module: URL,
  args: readonly (string | number)[],
  options: Deno.CommandOptions,
): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    ...options,
    args: ["run", "--no-prompt", "--no-check", "-A", fileURLToPath(module), ...args.map(String)],
    stdin: "null",
  });
}
