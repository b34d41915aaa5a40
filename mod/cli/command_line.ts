/**
 * argv and environment -> what the program is to do.
 *
 * @module
 */

import { Command, CommanderError } from "@commander-js/extra-typings";

import { checkCommand, type CheckQuestion } from "./check_command.ts";
import { commanderProblem } from "./commander_problem.ts";
import { inspectCommand, type InspectSettings } from "./inspect_command.ts";
import { listenCommand } from "./listen_command.ts";
import type { ListenEnvironment } from "./listen_environment.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { recoverCommand, type RecoverSettings } from "./recover_command.ts";
import { refusePassphrase } from "./refuse_passphrase.ts";
import { sendCommand } from "./send_command.ts";
import type { SendSettings } from "./send_settings.ts";
import { UsageError } from "./usage_error.ts";

/** Columns of help texts: what every terminal has. */
const HELP_COLUMNS = 80;

const HELP_CODES: ReadonlySet<string> = new Set(["commander.help", "commander.helpDisplayed"]);

const EXAMPLES = `
Examples:
  srt-splitter listen :9000 --out recordings    records every caller into a file
  srt-splitter send a.ts srt://127.0.0.1:9000   sends a file as a caller would
  srt-splitter listen --help                    every option of listen
  srt-splitter inspect recordings/cam1.ts       TS health of a file
  srt-splitter recover recordings               after a crash or a power cut
  srt-splitter check --config splitter.toml     is the file fine, who gets in?
  srt-splitter --version                        of this, of Deno and of libsrt`;

/** What the program was asked to do. */
export type CommandLine =
  | { readonly command: "listen"; readonly settings: ListenSettings }
  | { readonly command: "inspect"; readonly settings: InspectSettings }
  | { readonly command: "recover"; readonly settings: RecoverSettings }
  | { readonly command: "send"; readonly settings: SendSettings }
  /** Say whether the configuration file can be used, and where `question` is not null what it says of a caller. */
  | { readonly command: "check"; readonly settings: ListenSettings; readonly question: CheckQuestion | null }
  /** Print `text` on stdout. */
  | { readonly command: "help"; readonly text: string }
  /** Print the licence texts of what is inside. */
  | { readonly command: "licenses" }
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
    .option("--licenses", "licence texts of all that is inside the executable")
    .option("--libsrt <file>", "with --version: look at this libsrt")
    .helpCommand("help [command]", "the same as --help")
    // Without this the program would take `--libsrt` away from the command after which it stands.
    .enablePositionalOptions()
    .addHelpText("after", EXAMPLES);
  program.action((options) => {
    if (options.licenses && !options.version) {
      result = { command: "licenses" };
      return;
    }
    if (!options.version) throw noCommand(program.args);
    result = { command: "version", libsrt: options.libsrt || env.SRT_SPLITTER_LIBSRT || null };
  }).allowExcessArguments();
  const take = (taken: CommandLine) => {
    const [misplaced] = Object.keys(program.opts());
    if (misplaced !== undefined) {
      throw new UsageError(`--${misplaced} stands before the command`, {
        hint: `Write srt-splitter ${taken.command} --libsrt FILE, or srt-splitter --version alone.`,
      });
    }
    result = taken;
  };
  program.addCommand(listenCommand(env, (settings) => take({ command: "listen", settings })));
  program.addCommand(inspectCommand((settings) => take({ command: "inspect", settings })));
  program.addCommand(recoverCommand((settings) => take({ command: "recover", settings })));
  program.addCommand(sendCommand(env, (settings) => take({ command: "send", settings })));
  program.addCommand(checkCommand(env, (settings, question) => take({ command: "check", settings, question })));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().showSuggestionAfterError(false).configureOutput({
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
    throw commanderProblem(error, { program, argv });
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
      hint: "To record: srt-splitter listen :9000 --out recordings. All commands: srt-splitter --help",
    });
  }
  // Without its query: that of an address may hold a passphrase.
  return new UsageError(`there is no command ${JSON.stringify(first.replace(/[?=].*$/s, ""))}`, {
    hint: "Did you mean srt-splitter listen :9000 --out recordings? All commands: srt-splitter --help",
  });
}
