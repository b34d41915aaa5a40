/**
 * The permissions of the executable: the ones of the task `listen`, out of deno.json.
 *
 * @module
 */

import { SELF } from "../mod/handoff/child_command.ts";

/** The task's way to say "only this Deno itself". */
const RUN_SELF = /"--allow-run=\$\(deno eval -p 'Deno\.execPath\(\)'\)"/;

/**
 * The options that `deno run` has in the task `listen`, with the executable itself as the only program that may be run.
 *
 * @param command `tasks.listen.command` of deno.json
 */
export function compilePermissions(command: string): readonly string[] {
  const options = /.*\bdeno run (.*) main\.ts listen$/.exec(command)?.[1];
  if (options === undefined || !RUN_SELF.test(options)) {
    throw new TypeError(`cannot read the permissions of the task listen out of deno.json: ${JSON.stringify(command)}`);
  }
  return options.replace(RUN_SELF, `--allow-run=${SELF}`).split(" ");
}
