/**
 * Formats help texts from the option tables.
 *
 * @module
 */

import { Argument, Command, type Help, Option } from "commander";

import { PROGRAM_NAME } from "./arguments.ts";
import { type CommandName, COMMANDS, PROGRAM } from "./commands.ts";
import {
  byTopic,
  type CommandSpec,
  flagsInCapitals,
  type FormOfTable,
  formsOf,
  isOperand,
  type Topic,
} from "./option.ts";

/** Width of help texts: no common terminal is narrower. */
const COLUMNS = 80;

/** Returns the help text of a command; null: of the program. */
export function helpText(name: CommandName | null): string {
  const spec: CommandSpec = name === null ? PROGRAM : COMMANDS[name];
  const command = buildCommand(spec).configureOutput({ getOutHelpWidth: () => COLUMNS, getOutHasColors: () => false });
  command.configureHelp({
    formatHelp: (command, helper) => formatHelp(spec, command, helper),
    optionTerm: ({ flags }) => flags.startsWith("--") ? `    ${flagsInCapitals(flags)}` : flagsInCapitals(flags),
    argumentTerm: (argument) => usageOf(argument),
    subcommandTerm: (command) => command.name(),
  } as Partial<Help>);
  return command.helpInformation();
}

/** Returns the text that is printed if there is no command. It fits on one screen. */
export function usageText(): string {
  const commands = Object.values(COMMANDS).map(({ name, summary }) => `  ${name.padEnd(11)}  ${summary}`);
  return [
    PROGRAM.description,
    "",
    "Usage: srt-splitter COMMAND [OPTIONS]",
    "",
    "Commands:",
    ...commands,
    "",
    "To record every caller: srt-splitter listen :9000 --out recordings",
    "",
    "All options: srt-splitter --help, srt-splitter COMMAND --help",
    "",
  ].join("\n");
}

/** Describes a command to commander, which formats its help. */
function buildCommand(spec: CommandSpec): Command {
  const command = new Command(spec.name === "" ? PROGRAM_NAME : `${PROGRAM_NAME} ${spec.name}`)
    .description(spec.description).helpOption(false).helpCommand(false);
  for (const { form, setting } of formsOf(spec.table)) {
    const help = helpOf(form);
    if (isOperand(form)) command.addArgument(new Argument(form.flags, help));
    else command.addOption(new Option(form.flags, help).helpGroup(setting.topic));
  }
  if (spec.name === "") {
    for (const { name, summary } of Object.values(COMMANDS)) command.command(name).summary(summary);
  }
  return command;
}

/** Returns the help of a form with its default and its variable. */
function helpOf({ help, default: fallback, env }: FormOfTable["form"]): string {
  const notes = [
    ...(env === undefined ? [] : [`or set ${env}`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join("; ")})`;
}

function formatHelp(spec: CommandSpec, command: Command, helper: Help): string {
  const width = helper.padWidth(command, helper);
  const item = (term: string, text: string) => helper.formatItem(term, width, text, helper);
  const operands = command.registeredArguments;
  const sections: (readonly [string, readonly string[]])[] = [
    ["Commands:", command.commands.map((command) => item(helper.subcommandTerm(command), command.summary()))],
    ["Arguments:", operands.map((operand) => item(helper.argumentTerm(operand), operand.description))],
    ...optionSections(command, (option) => item(helper.optionTerm(option), option.description)),
    ["Examples:", examplesOf(spec)],
    ["Exit codes:", exitCodesOf(spec, (code, text) => helper.formatItem(code, 3, text, helper))],
  ];
  const usage = [command.name(), ...(spec === PROGRAM ? ["COMMAND"] : []), "[OPTIONS]"];
  return [
    helper.boxWrap(spec.description, COLUMNS),
    "",
    `Usage: ${[...usage, ...operands.map((operand) => usageOf(operand))].join(" ")}`,
    "",
    ...sections.filter(([, lines]) => lines.length > 0).flatMap(([title, lines]) => [title, ...lines, ""]),
    ...(spec.notes ?? []).flatMap((note) => [helper.boxWrap(note, COLUMNS), ""]),
    spec === PROGRAM
      ? "Options of a command: srt-splitter COMMAND --help\nThe manual: srt-splitter help"
      : "The manual: srt-splitter help",
    "",
  ].join("\n");
}

function optionSections(
  command: Command,
  format: (option: Command["options"][number]) => string,
): readonly (readonly [string, readonly string[]])[] {
  return byTopic(command.options, ({ helpGroupHeading }) => helpGroupHeading as Topic)
    .map(([topic, options]) => [`${topic}:`, options.map(format)]);
}

function examplesOf({ examples }: CommandSpec): readonly string[] {
  const width = Math.max(...examples.filter(([, comment]) => comment !== "").map(([command]) => command.length));
  return examples.map(([command, comment]) =>
    `  srt-splitter ${comment === "" ? command : `${command.padEnd(width)}   # ${comment}`}`
  );
}

function exitCodesOf({ exitCodes }: CommandSpec, format: (code: string, text: string) => string): readonly string[] {
  if (Object.keys(exitCodes).length === 0) return [];
  const all: Readonly<Record<number, string>> = {
    ...exitCodes,
    2: "the command line or a file that it names cannot be used",
  };
  return Object.entries(all).map(([code, text]) => format(code, text));
}

function usageOf(operand: Command["registeredArguments"][number]): string {
  const name = `${operand.name().toUpperCase()}${operand.variadic ? "..." : ""}`;
  return operand.required ? name : `[${name}]`;
}
