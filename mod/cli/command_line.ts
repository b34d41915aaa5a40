/**
 * argv and environment -> what the program is to do.
 *
 * Called by: main.ts, once.
 * Fails: {@linkcode UsageError} for a command line that cannot be used, with the nearest option where one is near.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";

import { checkCommand, type CheckQuestion } from "./check_command.ts";
import { listenCommand } from "./listen_command.ts";
import type { ListenEnvironment } from "./listen_environment.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { refusePassphrase } from "./refuse_passphrase.ts";
import { UsageError } from "./usage_error.ts";

/** Columns of help texts: what every terminal has. */
const HELP_COLUMNS = 80;

const HELP_CODES: ReadonlySet<string> = new Set(["commander.help", "commander.helpDisplayed"]);

const EXAMPLES = `
Examples:
  srt-splitter listen :9000 --out recordings    records every caller into a file
  srt-splitter listen --help                    every option of listen
  srt-splitter check --config splitter.toml     is the file fine, who gets in?
  srt-splitter --version                        of this, of Deno and of libsrt`;

/** What the program was asked to do. */
export type CommandLine =
  | { readonly command: "listen"; readonly settings: ListenSettings }
  /** Say whether the configuration file can be used, and where `question` is not null what it says of a caller. */
  | { readonly command: "check"; readonly settings: ListenSettings; readonly question: CheckQuestion | null }
  /** Print `text` on stdout. */
  | { readonly command: "help"; readonly text: string }
  /** Print the versions; `libsrt` is the library to look at, or null for the one a search finds. */
  | { readonly command: "version"; readonly libsrt: string | null };

/**
 * Reads a command line.
 *
 * @param argv Arguments without the program's own name (`Deno.args`)
 * @param env The variables that are heeded; others need not be there
 * @throws {UsageError} Where it cannot be used
 */
export function parseCommandLine(argv: readonly string[], env: ListenEnvironment): CommandLine {
  refusePassphraseOption(argv);
  let result: CommandLine | null = null;
  let help = "";
  const program = new Command("srt-splitter")
    .description("Receives many SRT callers on one UDP port, one process per caller, and records each.")
    .option("-V, --version", "versions of srt-splitter, Deno and libsrt")
    .option("--libsrt <file>", "with --version: look at this libsrt")
    .helpCommand("help [command]", "the same as --help")
    // Without this the program would take `--libsrt` away from the command after which it stands.
    .enablePositionalOptions()
    .addHelpText("after", EXAMPLES);
  program.action((options) => {
    if (!options.version) throw noCommand(program.args);
    result = { command: "version", libsrt: options.libsrt || env.SRT_SPLITTER_LIBSRT || null };
  }).allowExcessArguments();
  program.addCommand(listenCommand(env, (settings) => {
    const [misplaced] = Object.keys(program.opts());
    if (misplaced !== undefined) {
      throw new UsageError(`--${misplaced} stands before the command`, {
        advice: "Write srt-splitter listen --libsrt FILE, or srt-splitter --version alone.",
      });
    }
    result = { command: "listen", settings };
  }));
  program.addCommand(checkCommand(env, (settings, question) => (result = { command: "check", settings, question })));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => (help += text),
      writeErr: () => {},
      getOutHelpWidth: () => HELP_COLUMNS,
      getErrHelpWidth: () => HELP_COLUMNS,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  }
  try {
    program.parse(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (HELP_CODES.has(error.code) && help !== "") return { command: "help", text: help };
    throw usageErrorOf(error, argv);
  }
  if (result === null) throw new TypeError("cannot read the command line: no command took it");
  return result;
}

/** A passphrase in argv is refused before anything else looks at it, so that no message can repeat it. */
function refusePassphraseOption(argv: readonly string[]): void {
  if (argv.some((argument) => /^--?passphrase(=|$)/i.test(argument))) refusePassphrase("on the command line");
}

function noCommand(operands: readonly string[]): UsageError {
  const [first] = operands;
  if (first === undefined) {
    return new UsageError("no command was given", {
      advice: "To record: srt-splitter listen :9000 --out recordings. All commands: srt-splitter --help",
    });
  }
  // Without its query: that of an address may hold a passphrase.
  return new UsageError(`there is no command ${JSON.stringify(first.replace(/[?=].*$/s, ""))}`, {
    advice: "Did you mean srt-splitter listen :9000 --out recordings? All commands: srt-splitter --help",
  });
}

function usageErrorOf(error: CommanderError, argv: readonly string[]): UsageError {
  if (error.code === "commander.excessArguments") {
    // Not commander's own words: they repeat the arguments, one of which may be a passphrase that lost its option.
    return new UsageError("there is more than one address", {
      advice: "listen takes one; every address of this machine is :9000. All options: srt-splitter listen --help",
    });
  }
  const [what = "", suggestion] = error.message.replace(/^error: /, "").split("\n");
  const scope = argv.includes("listen") ? "srt-splitter listen --help" : "srt-splitter --help";
  const near = suggestion?.replace(/^\(|\)$/g, "");
  return new UsageError(withoutValue(what), {
    advice: `${near === undefined ? "" : `${near} `}All options: ${scope}`,
    cause: error,
  });
}

/** `unknown option '--passphrse=secret'` without what follows the `=`. */
function withoutValue(what: string): string {
  return what.replace(/'([^'=]*)=.*'/s, "'$1'").replaceAll("'", '"');
}
