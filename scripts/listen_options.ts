/**
 * The options of `deno run` in the task `listen`. The executable is compiled with them, and tests start the program with them.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/**
 * The options between `deno run` and `main.ts` in the task `listen` of deno.json. They name the permission set `listen`, so Deno
 * must be able to find deno.json: from the main module or from the current folder.
 */
export function listenOptions(): readonly string[] {
  const { command } = config.tasks.listen;
  const options = /^deno run (.*) main\.ts listen$/.exec(command)?.[1];
  if (options === undefined) throw new TypeError(`cannot find the options of deno run in ${JSON.stringify(command)}`);
  return options.split(" ");
}
