/**
 * Programs of the tests, each in its own process.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

/** Returns the command that runs a module with all permissions, with the Deno that runs the tests. */
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
