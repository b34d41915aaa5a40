/**
 * Completion scripts for shells, from the option tables.
 *
 * @module
 */

import { type CommandName, COMMANDS, PROGRAM, type Shell } from "./commands.ts";
import { type CommandSpec, type Form, type FormOfTable, formsOf, isOperand, valueNameOf } from "./option.ts";

/** What a value is completed with. */
type Completion =
  | { readonly kind: "file" }
  | { readonly kind: "folder" }
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** Nothing is known about it. */
  | { readonly kind: "any" };

/** One option, as a shell needs it. */
interface CompletedOption {
  readonly short: string | null;
  readonly long: string;
  readonly help: string;
  /** Null: it takes no value. */
  readonly value: Completion | null;
  readonly isOptionalValue: boolean;
}

/** One command. */
interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The completion of every operand: that of the first one. */
  readonly operand: Completion;
}

/** Returns the script for a shell. */
export function completionScript(shell: Shell): string {
  const commands = Object.values(COMMANDS).map(commandOf);
  const program = commandOf(PROGRAM);
  switch (shell) {
    case "bash":
      return bashScript(program, commands);
    case "zsh":
      return zshScript(program, commands);
    case "fish":
      return fishScript(program, commands);
    default:
      return shell satisfies never;
  }
}

function commandOf(spec: CommandSpec): CompletedCommand {
  const forms = formsOf(spec.table);
  const [operand] = forms.filter(({ form }) => isOperand(form));
  return {
    name: spec.name,
    summary: spec.summary,
    options: forms.filter(({ form }) => !isOperand(form)).map(optionOf),
    operand: operand === undefined ? { kind: "any" } : operandOf(spec.name, operand.form),
  };
}

/** `help` completes commands only, because the pages of the manual are files that are read when `help` runs. */
function operandOf(command: string, form: Form<unknown>): Completion {
  return command === ("help" satisfies CommandName)
    ? { kind: "words", words: Object.keys(COMMANDS) }
    : completionOf(form);
}

function optionOf({ form }: FormOfTable): CompletedOption {
  const [, short = null, long = ""] = /^(?:(-\w), )?(--[\w-]+)/.exec(form.flags) ?? [];
  const value = form.parse === undefined ? null : completionOf(form);
  return { short, long, help: form.help, value, isOptionalValue: form.value !== undefined };
}

function completionOf(form: Form<unknown>): Completion {
  if (form.choices !== undefined) return { kind: "words", words: form.choices };
  const name = valueNameOf(form);
  if (name === "FILE") return { kind: "file" };
  return name === "DIR" || name === "FOLDER" ? { kind: "folder" } : { kind: "any" };
}

function bashScript(program: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const words = [...commands.map(({ name }) => name), ...program.options.flatMap(namesOf)].join(" ");
  return `# bash completion of srt-splitter
_srt_splitter() {
  local word=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]} command=\${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W '${words}' -- "$word"))
    return
  fi
  case $command in
${commands.map(bashCommand).join("\n")}
  esac
}
complete -o filenames -F _srt_splitter srt-splitter
`;
}

function bashCommand({ name, options, operand }: CompletedCommand): string {
  const withValue = options.filter(({ value, isOptionalValue }) => value !== null && !isOptionalValue);
  const replies = Map.groupBy(withValue, ({ value }) => bashReply(value ?? { kind: "any" }));
  const cases = [...replies].map(([reply, options]) =>
    `        ${options.flatMap(namesOf).join(" | ")}) ${reply}; return ;;`
  );
  const names = options.flatMap(namesOf).join(" ");
  return `    ${name})
      case $before in
${cases.join("\n")}
      esac
      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '${names}' -- "$word"))
      else ${bashReply(operand)}; fi ;;`.replace("      case $before in\n\n      esac\n", "");
}

function bashReply(completion: Completion): string {
  switch (completion.kind) {
    case "file":
      return 'mapfile -t COMPREPLY < <(compgen -f -- "$word")';
    case "folder":
      return 'mapfile -t COMPREPLY < <(compgen -d -- "$word")';
    case "words":
      return `COMPREPLY=($(compgen -W '${completion.words.join(" ")}' -- "$word"))`;
    case "any":
      return ":";
  }
}

function namesOf({ short, long }: CompletedOption): readonly string[] {
  return short === null ? [long] : [short, long];
}

function zshScript(program: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const described = commands.map(({ name, summary }) => zshQuote(`${name}:${summary}`)).join(" ");
  const cases = commands.map(({ name, options, operand }) =>
    `        ${name}) _arguments -s ${[...options.flatMap(zshOption), zshOperand(operand)].join(" ")} ;;`
  );
  return `#compdef srt-splitter
_srt_splitter() {
  local -a commands
  commands=(${described})
  _arguments -C ${program.options.flatMap(zshOption).join(" ")} '1: :->command' '*:: :->arguments'
  case $state in
    command) _describe command commands ;;
    arguments)
      case $words[1] in
${cases.join("\n")}
      esac ;;
  esac
}
if [[ $funcstack[1] == _srt-splitter ]]; then _srt_splitter "$@"; else compdef _srt_splitter srt-splitter; fi
`;
}

function zshOption({ short, long, help, value, isOptionalValue }: CompletedOption): readonly string[] {
  const text = `[${help.replaceAll(/[[\]]/g, "\\$&")}]`;
  const action = value === null ? "" : `${isOptionalValue ? "::" : ":"}value:${zshAction(value)}`;
  return (short === null ? [long] : [short, long]).map((name) => zshQuote(`*${name}${text}${action}`));
}

function zshOperand(completion: Completion): string {
  return zshQuote(`*:argument:${zshAction(completion)}`);
}

function zshAction(completion: Completion): string {
  switch (completion.kind) {
    case "file":
      return "_files";
    case "folder":
      return "_files -/";
    case "words":
      return `(${completion.words.join(" ")})`;
    case "any":
      return " ";
  }
}

function zshQuote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function fishScript(program: CompletedCommand, commands: readonly CompletedCommand[]): string {
  const beforeCommand = "__fish_use_subcommand";
  const lines = [
    "# fish completion of srt-splitter",
    "complete -c srt-splitter -f",
    ...commands.map(({ name, summary }) =>
      `complete -c srt-splitter -n ${beforeCommand} -a ${name} -d ${fishQuote(summary)}`
    ),
    ...program.options.map((option) => fishOption(beforeCommand, option)),
    ...commands.flatMap(({ name, options, operand }) => {
      const condition = fishQuote(`__fish_seen_subcommand_from ${name}`);
      return [...options.map((option) => fishOption(condition, option)), ...fishOperand(condition, operand)];
    }),
  ];
  return `${lines.join("\n")}\n`;
}

function fishOption(condition: string, { short, long, help, value, isOptionalValue }: CompletedOption): string {
  const names = `${short === null ? "" : `-s ${short.slice(1)} `}-l ${long.slice(2)}`;
  const action = value === null || isOptionalValue ? "" : ` ${fishAction(value, "-x", "-r")}`;
  return `complete -c srt-splitter -n ${condition} ${names}${action} -d ${fishQuote(help)}`;
}

function fishOperand(condition: string, operand: Completion): readonly string[] {
  return operand.kind === "any" ? [] : [`complete -c srt-splitter -n ${condition} ${fishAction(operand, "", "")}`];
}

/**
 * Returns the arguments of `complete` for a value. `exclusive`, `required`: the flag for an option with this value, `-x` (no file
 * names) or `-r` (file names too); empty for an operand.
 */
function fishAction(completion: Completion, exclusive: string, required: string): string {
  switch (completion.kind) {
    case "file":
      return `${required} -F`.trim();
    case "folder":
      return `${exclusive} -a '(__fish_complete_directories)'`.trim();
    case "words":
      return `${exclusive} -a ${fishQuote(completion.words.join(" "))}`.trim();
    case "any":
      return exclusive;
  }
}

function fishQuote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
