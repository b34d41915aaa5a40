/**
 * What commander cannot read -> words for people.
 *
 * @module
 */

import type { CommanderError, CommandUnknownOpts } from "@commander-js/extra-typings";

import { nearestKey } from "./nearest_key.ts";
import { UsageError } from "./usage_error.ts";

/** For each command that takes so many operands and no more. */
const TOO_MUCH: Readonly<Record<string, { readonly problem: string; readonly hint: string }>> = {
  listen: {
    problem: "there is more than one address",
    hint: "listen takes one; every address of this machine is :9000.",
  },
  check: {
    problem: "check takes options alone",
    hint: "The file stands after --config, a caller after --stream and --from.",
  },
  send: { problem: "there is more than a file and an address", hint: "send takes these two, in this order." },
  recover: { problem: "there is more than one folder", hint: "recover takes one." },
};

/** The error, and the nearest option where one is near. `argv`: what commander read. */
export function commanderProblem(
  error: CommanderError,
  { program, argv }: { readonly program: CommandUnknownOpts; readonly argv: readonly string[] },
): UsageError {
  const command = commandOf(program, argv);
  const all = `All options: srt-splitter ${command === program ? "" : `${command.name()} `}--help`;
  const tooMuch = error.code === "commander.excessArguments" ? TOO_MUCH[command.name()] : undefined;
  if (tooMuch !== undefined) {
    return new UsageError(tooMuch.problem, { hint: `${tooMuch.hint} ${all}`, cause: error });
  }
  const message = withoutValue(error.message.replace(/^error: /, ""));
  const near = error.code === "commander.unknownOption" ? nearestOption(message, command) : null;
  return new UsageError(message, { hint: `${near === null ? "" : `Did you mean ${near}? `}${all}`, cause: error });
}

/** The command that was asked for; the program itself where there was none. */
function commandOf(program: CommandUnknownOpts, argv: readonly string[]): CommandUnknownOpts {
  const names = new Map(program.commands.map((command) => [command.name(), command]));
  const name = argv.find((argument) => names.has(argument));
  return names.get(name ?? "") ?? program;
}

function nearestOption(message: string, command: CommandUnknownOpts): string | null {
  const [, typed] = /"--([^"]*)"/.exec(message) ?? [];
  if (typed === undefined) return null;
  const options = command.createHelp().visibleOptions(command);
  const near = nearestKey(typed, options.flatMap(({ long }) => typeof long === "string" ? [long.slice(2)] : []));
  return near === null ? null : `--${near}`;
}

/** `unknown option '--passphrse=secret'` without what follows the `=`. */
function withoutValue(what: string): string {
  return what.replace(/'([^'=]*)=.*'/s, "'$1'").replaceAll("'", '"');
}
