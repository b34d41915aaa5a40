/**
 * Reads the arguments of a command according to its option table.
 *
 * Options are written as `--out DIR`, `--out=DIR`, `-o DIR` or `-oDIR`, several short ones also in one argument (`-vo DIR`). `--`
 * stands before operands that begin with a hyphen. No package is used for that, because such packages load slow modules of Node.
 *
 * @module
 */

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

/** The program as usage and hints name it. */
export const PROGRAM_NAME = "srt-splitter";

/** Characters that are shown of an unknown option: more than the longest option has. */
const SHOWN = 40;

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
  const isProgram = spec.name === "";
  const given: Given[] = [];
  const operands: string[] = [];
  const left = [...argv];
  for (let argument = left.shift(); argument !== undefined; argument = left.shift()) {
    if (argument === "--") operands.push(...left.splice(0));
    else if (isOption(argument)) given.push(readOption(spec, argument, left));
    else if (isProgram) operands.push(argument, ...left.splice(0)); // what follows the name of a command is for the command
    else operands.push(argument);
  }
  if (!isProgram) given.push(...readOperands(spec, operands));
  checkGiven(spec.table, given);
  return { given, values: valuesOf(spec.table, given), rest: isProgram ? operands : [] };
}

/** Reports whether `--help` or `-h` is among the options of a command, even if others are wrong. */
export function asksForHelp({ table }: CommandSpec, argv: readonly string[]): boolean {
  const alone = formsOf(table).filter(({ form }) => valueNameOf(form) === null).flatMap(({ form }) => flagsOf(form));
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? argv.length : end).some((argument) =>
    argument === "--help" ||
    (/^-\w*h$/.test(argument) && Array.from(argument.slice(1)).every((letter) => alone.includes(`-${letter}`)))
  );
}

/** Returns the hint that names the help text of a command. */
export function allOptionsHint({ name }: Pick<CommandSpec, "name">): string {
  return `all options: ${PROGRAM_NAME}${name === "" ? "" : ` ${name}`} --help`;
}

/** Reads one option, and removes its value from `left` if the value is an argument of its own. */
function readOption(spec: CommandSpec, argument: string, left: string[]): Given {
  const isLong = argument.startsWith("--");
  const flag = isLong ? argument.replace(/=.*$/s, "") : argument.slice(0, 2);
  const inline = argument === flag ? null : argument.slice(isLong ? flag.length + 1 : flag.length);
  const form = formsOf(spec.table).find(({ form }) => !isOperand(form) && flagsOf(form).includes(flag));
  if (form === undefined) throw unknownOption(spec, argument);
  const place = { kind: "argument", name: nameOf(form.form) } as const;
  if (valueNameOf(form.form) === null) {
    const isNextOption = inline !== null && !isLong && /^\w/.test(inline);
    if (inline !== null && !isNextOption) {
      throw placedProblem(place, { problem: "it takes no value", hint: `write ${place.name} alone` });
    }
    if (isNextOption) left.unshift(`-${inline}`);
    return readGiven(form, null, place);
  }
  if (inline !== null) return readGiven(form, inline, place);
  const [next] = left;
  const mayBeAlone = form.form.value !== undefined;
  if (mayBeAlone && (next === undefined || isOption(next))) return readGiven(form, null, place);
  return readGiven(form, valueOf(spec, { form, text: left.shift() ?? null }), place);
}

/** Returns the value of an option that needs one. @throws {UsageError} There is none, or it is the name of another option. */
function valueOf(
  spec: CommandSpec,
  { form: { form }, text }: { readonly form: FormOfTable; readonly text: string | null },
): string {
  const isName = formsOf(spec.table).some((other) => !isOperand(other.form) && nameOf(other.form) === text);
  if (text !== null && !isName) return text;
  throw placedProblem({ kind: "argument", name: nameOf(form) }, {
    value: text,
    problem: text === null ? "it needs a value" : "that is an option",
    hint: `give it a value: ${nameOf(form)} ${valueNameOf(form)}`,
  });
}

/** Reports whether an argument begins as an option does. A hyphen alone is an operand: stdin or stdout. */
function isOption(argument: string): boolean {
  return argument.length > 1 && argument.startsWith("-");
}

/** Returns the names in the flags of an option: `-o` and `--out`. */
function flagsOf({ flags }: FormOfTable["form"]): readonly string[] {
  return flags.split(/[ ,]+/).filter((flag) => flag.startsWith("-"));
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
  // the rest may be a passphrase
  const option = argument.startsWith("--") ? argument.replace(/[^\w-].*$/s, "").slice(0, SHOWN) : argument.slice(0, 2);
  const ofProgram = formsOf(PROGRAM.table).find(({ form }) => flagsOf(form).includes(option))?.form;
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
