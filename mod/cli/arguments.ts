/**
 * Reads the arguments of a command according to its option table.
 *
 * @module
 */

import { Argument, Command, CommanderError, Option } from "commander";

import { COMMANDS, PROGRAM } from "./commands.ts";
import { checkGiven, type Given, readGiven, valuesOf } from "./given.ts";
import { nearestKey } from "./nearest_key.ts";
import {
  type CommandSpec,
  type FormOfTable,
  formsOf,
  isOperand,
  keyOf,
  nameOf,
  type SettingTable,
  valueNameOf,
  type ValuesOf,
} from "./option.ts";
import { placedProblem, UsageError } from "./usage_error.ts";

const PROGRAM_NAME = "srt-splitter";

/** Arguments that were read. */
export interface Arguments<Table extends SettingTable> {
  readonly given: readonly Given[];
  readonly values: ValuesOf<Table>;
  /** For the program: the name of the command and its arguments. For a command: empty. */
  readonly rest: readonly string[];
}

/** Reads `argv`: for a command, what follows its name; for the program, everything. @throws {UsageError} */
export function readArguments<Table extends SettingTable>(
  spec: CommandSpec<Table>,
  argv: readonly string[],
): Arguments<Table> {
  const given: Given[] = [];
  const command = buildCommand(spec);
  for (const form of formsOf(spec.table).filter(({ form }) => !isOperand(form))) {
    command.on(`option:${keyOf(form.form)}`, (text: string | null | undefined) => {
      given.push(readOption(form, { text: text ?? null, spec }));
    });
  }
  const { operands, unknown } = parse(command, { spec, argv });
  const isProgram = spec.name === "";
  const [first] = unknown;
  if (first !== undefined && !(isProgram && operands.length > 0)) throw unknownOption(spec, first);
  if (!isProgram) given.push(...readOperands(spec, operands));
  checkGiven(spec.table, given);
  return { given, values: valuesOf(spec.table, given), rest: isProgram ? [...operands, ...unknown] : [] };
}

/** Builds the commander command of a specification, which parses arguments and formats help. */
export function buildCommand(spec: CommandSpec): Command {
  const command = new Command(spec.name === "" ? PROGRAM_NAME : `${PROGRAM_NAME} ${spec.name}`)
    .description(spec.description).helpOption(false).helpCommand(false).enablePositionalOptions()
    .exitOverride().configureOutput({ writeErr: () => {} });
  for (const { form, setting } of formsOf(spec.table)) {
    const help = helpOf(form);
    if (isOperand(form)) command.addArgument(new Argument(form.flags, help));
    else command.addOption(new Option(form.flags, help).helpGroup(`${setting.topic}:`));
  }
  if (spec.name === "") {
    for (const { name, summary } of Object.values(COMMANDS)) command.command(name).summary(summary);
  }
  return command;
}

/** Returns the hint that names the help text of a command. */
export function allOptionsHint({ name }: Pick<CommandSpec, "name">): string {
  return `all options: ${PROGRAM_NAME}${name === "" ? "" : ` ${name}`} --help`;
}

/** Returns the help of a form with its default and its variable. */
function helpOf({ help, default: fallback, env }: FormOfTable["form"]): string {
  const notes = [
    ...(env === undefined ? [] : [`or set ${env}`]),
    ...(fallback === undefined ? [] : [`default: ${fallback}`]),
  ];
  return notes.length === 0 ? help : `${help} (${notes.join("; ")})`;
}

function readOption(
  form: FormOfTable,
  { text, spec }: { readonly text: string | null; readonly spec: CommandSpec },
): Given {
  const place = { kind: "argument", name: nameOf(form.form) } as const;
  const isOption = text !== null &&
    formsOf(spec.table).some((other) => !isOperand(other.form) && nameOf(other.form) === text);
  if (isOption) {
    throw placedProblem(place, {
      value: text,
      problem: "that is an option",
      hint: `give it a value: ${nameOf(form.form)} ${valueNameOf(form.form)}`,
    });
  }
  return readGiven(form, text, place);
}

/** Uses `parseOptions` and not `parse`, because it returns what is unknown as data and not in a message. */
function parse(
  command: Command,
  { spec, argv }: { readonly spec: CommandSpec; readonly argv: readonly string[] },
): ReturnType<Command["parseOptions"]> {
  try {
    return command.parseOptions([...argv]);
  } catch (cause) {
    if (!(cause instanceof CommanderError) || cause.code !== "commander.optionMissingArgument") throw cause;
    // only the last argument can lack its value
    const last = argv.at(-1) ?? "";
    const form = formsOf(spec.table).find(({ form: { flags } }) => flags.split(/[ ,]+/).includes(lastOptionOf(last)));
    if (form === undefined) throw cause;
    throw placedProblem({ kind: "argument", name: nameOf(form.form) }, {
      problem: "it needs a value",
      hint: `give it a value: ${nameOf(form.form)} ${valueNameOf(form.form)}`,
      cause,
    });
  }
}

/** Returns the last option of an argument, which is the one that can take a value: `-o` of `-qo`; a long option unchanged. */
function lastOptionOf(argument: string): string {
  return argument.startsWith("--") ? argument : `-${argument.at(-1)}`;
}

function readOperands(spec: CommandSpec, operands: readonly string[]): readonly Given[] {
  const forms = formsOf(spec.table).filter(({ form }) => isOperand(form));
  const isVariadic = forms.at(-1)?.form.flags.includes("...") ?? false;
  if (operands.length > forms.length && !isVariadic) throw tooMany(spec, forms);
  const missing = forms[operands.length];
  if (missing?.form.flags.startsWith("<")) {
    throw new UsageError(`cannot run ${spec.name}: ${valueNameOf(missing.form)} is missing`, {
      hint: usageHint(spec, forms),
    });
  }
  return operands.map((text, index) => {
    const form = forms[Math.min(index, forms.length - 1)];
    if (form === undefined) throw new TypeError(`cannot read the operand ${index} of ${spec.name}: it has none`);
    return readGiven(form, text, { kind: "argument", name: nameOf(form.form) });
  });
}

function tooMany(spec: CommandSpec, forms: readonly FormOfTable[]): UsageError {
  // the operand is not quoted: it may be a passphrase
  return new UsageError(`cannot run ${spec.name}: there are too many arguments`, {
    hint: usageHint(spec, forms),
  });
}

function usageHint(spec: CommandSpec, forms: readonly FormOfTable[]): string {
  const operands = forms.length === 0 ? "[OPTIONS]" : usageOf(forms);
  return `usage: ${PROGRAM_NAME} ${spec.name} ${operands}; ${allOptionsHint(spec)}`;
}

function usageOf(forms: readonly FormOfTable[]): string {
  return forms.map(({ form: { flags } }) => flags.replaceAll(/[<>]/g, "").toUpperCase()).join(" ");
}

function unknownOption(spec: CommandSpec, argument: string): UsageError {
  const option = argument.replace(/[^\w-].*$/s, ""); // what follows may be a passphrase
  const ofProgram = formsOf(PROGRAM.table).find(({ form }) => form.flags.split(/[ ,]+/).includes(option))?.form;
  if (spec.name !== "" && ofProgram !== undefined) {
    const key = keyOf(ofProgram);
    return new UsageError(`unknown option ${JSON.stringify(option)}`, {
      hint: `did you mean ${PROGRAM_NAME} ${key in COMMANDS ? key : `--${key}`}? ${allOptionsHint(spec)}`,
    });
  }
  const keys = formsOf(spec.table).filter(({ form }) => !isOperand(form)).map(({ form }) => keyOf(form));
  const near = option.startsWith("--") ? nearestKey(option.slice(2), keys) : null;
  return new UsageError(`unknown option ${JSON.stringify(option)}`, {
    hint: `${near === null ? "" : `did you mean --${near}? `}${allOptionsHint(spec)}`,
  });
}
