/**
 * The options of `deno run` in the task `listen`, and its environment. The executable is compiled with the options, and tests
 * start the program with both.
 *
 * @module
 */

import config from "../deno.json" with { type: "json" };

/**
 * The options between `deno run` and `main.ts` in the task `listen` of deno.json. They name the permission set `listen`, so Deno
 * must be able to find deno.json: from the main module or from the current folder.
 */
export function listenOptions(): readonly string[] {
  return parseCommand().options.split(" ");
}

/** The variables that the task sets. */
export function listenEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(parseCommand().settings.trim().split(" ").map((setting) => setting.split("=", 2)));
}

function parseCommand(): { readonly settings: string; readonly options: string } {
  const { command } = config.tasks.listen;
  const [, settings, options] = /^((?:\w+=\w+ )+)deno run (.*) main\.ts listen$/.exec(command) ?? [];
  if (settings === undefined || options === undefined) {
    throw new TypeError(`cannot find the options of deno run in ${JSON.stringify(command)}`);
  }
  return { settings, options };
}
