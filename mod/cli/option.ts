/**
 * The types of the option tables: a setting, every way to give it on the command line or in a configuration file, and a command.
 *
 * @module
 */

import type { Place } from "./usage_error.ts";

/** Groups of options in help texts and in the manual, in this order. */
const TOPICS = ["Options", "Recording", "Connection", "Admission", "Hooks", "Web", "Output", "Scripts and CI"] as const;

/** A group of options. */
export type Topic = typeof TOPICS[number];

/**
 * One way to give a setting. It takes a text (`parse`), stands for a fixed value (`value`), or takes an optional text (both).
 */
export interface Form<Value> {
  /**
   * An option (`-o, --out <dir>`), an operand (`[address]`, `<file...>`), or a key of a table (`name <pattern>`). The long name
   * of an option and the name of an operand are the key of the configuration file too.
   */
  readonly flags: string;
  /** What it does: a lower-case phrase without a final period. */
  readonly help: string;
  /** Reads the text. @throws {ValueError} or {@linkcode UsageError} */
  readonly parse?: (text: string, place: Place) => Value;
  /** The value if the option is given without a text. */
  readonly value?: Value;
  /** All texts that it takes, if they can be listed. */
  readonly choices?: readonly string[];
  /** The value that applies without it, as it would be typed, or a short phrase. */
  readonly default?: string;
  /** The environment variable that is read if the option is not given. */
  readonly env?: string;
}

/** A setting of a command. */
export interface Setting<Value> {
  readonly topic: Topic;
  /** The ways to give it. The command line or a file can have only one of them, unless the setting is a list. */
  readonly forms: readonly Form<unknown>[];
  /** The value if it is not given. */
  readonly initial: Value;
  /** Whether it can be given repeatedly, each time adding an item. */
  readonly isList: boolean;
  /** Maximum number of items of a list. Those of the command line and those of the configuration file are counted separately. */
  readonly maxItems: number;
  /** Whether items of the command line are put before those of the file, instead of replacing them. */
  readonly isMerged: boolean;
  /**
   * Returns the key of an item, if each item is a setting of its own; null otherwise. A key may be given once on the command
   * line and once in the file. The command line's item replaces the file's item with the same key. The file can also have the
   * items as a table: `srt = { fc = 8192 }` for `--srt fc=8192`.
   */
  readonly itemKey: ((item: unknown) => string) | null;
  /** Whether SIGHUP changes it; otherwise a new value waits for the next start. */
  readonly isReloaded: boolean;
  /** Whether it is a key of the configuration file. */
  readonly inFile: boolean;
}

/** Settings by name. The order is that of help texts. */
export type SettingTable = Readonly<Record<string, Setting<unknown>>>;

/** The values that a table describes. */
export type ValuesOf<Table extends SettingTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Setting<infer Value> ? Value : never;
};

/** What the command line accepts for one command. */
export interface CommandSpec<Table extends SettingTable = SettingTable> {
  readonly name: string;
  /** For the list of commands: a lower-case phrase. */
  readonly summary: string;
  /** The beginning of its help text: one or two sentences. */
  readonly description: string;
  readonly table: Table;
  /** What is typed after the name of the program, and what it does. */
  readonly examples: readonly (readonly [command: string, comment: string])[];
  /** Paragraphs at the end of the help text. */
  readonly notes?: readonly string[];
  /** Exit codes other than 2 (usage), with their meaning. */
  readonly exitCodes: Readonly<Record<number, string>>;
}

/** Groups options by topic. Topics without options are left out. */
export function byTopic<Item>(
  options: readonly Item[],
  topicOf: (option: Item) => Topic,
): readonly (readonly [Topic, readonly Item[]])[] {
  return TOPICS.map((topic) => [topic, options.filter((option) => topicOf(option) === topic)] as const)
    .filter(([, group]) => group.length > 0);
}

/** What all forms of a setting share. */
interface Common<Value> {
  readonly topic?: Topic;
  readonly initial: Value;
  readonly isReloaded?: boolean;
  readonly inFile?: boolean;
}

const DEFAULTS = {
  topic: "Options",
  isReloaded: false,
  inFile: true,
  isMerged: false,
  itemKey: null,
  maxItems: Infinity,
} as const;

/** Declares a setting with one value. */
export function one<Value>(common: Common<Value>, ...forms: readonly Form<Value>[]): Setting<Value> {
  return { ...DEFAULTS, ...common, forms, isList: false };
}

/** Declares a setting that is a list. */
export function list<Item>(
  common: Omit<Common<Item>, "initial"> & {
    readonly isMerged?: boolean;
    readonly maxItems?: number;
    readonly itemKey?: (item: Item) => string;
  },
  ...forms: readonly Form<Item>[]
): Setting<readonly Item[]> {
  const itemKey = common.itemKey as Setting<unknown>["itemKey"] | undefined;
  return { ...DEFAULTS, ...common, itemKey: itemKey ?? null, forms, initial: [], isList: true };
}

/** `--help` of every command. */
export const HELP: Setting<boolean> = one({ initial: false, inFile: false }, {
  flags: "-h, --help",
  help: "print this help",
  value: true,
});

/**
 * Returns the key in a configuration file, which is also the long name: `out` for `-o, --out <dir>`, `address` for `[address]`.
 */
export function keyOf({ flags }: Pick<Form<unknown>, "flags">): string {
  return /--([\w-]+)/.exec(flags)?.[1] ?? /\w[\w-]*/.exec(flags)?.[0] ?? flags;
}

/** Returns the form as messages name it: `--out`, or the name of the operand. */
export function nameOf(form: Pick<Form<unknown>, "flags">): string {
  return isOperand(form) ? keyOf(form) : `--${keyOf(form)}`;
}

/** Returns the flags with the names of values in capitals, as help texts show them: `--out DIR` for `--out <dir>`. */
export function flagsInCapitals(flags: string): string {
  return flags.replaceAll(/<([\w=-]+)>/g, (_, name) => name.toUpperCase())
    .replaceAll(/\[([\w=-]+)\]/g, (_, name) => `[${name.toUpperCase()}]`);
}

/** Reports whether the form is an operand and not an option. */
export function isOperand({ flags }: Pick<Form<unknown>, "flags">): boolean {
  return /^[<[]/.test(flags);
}

/** Returns the name of the form's value in capitals, as help texts show it: `DIR`; null if the form takes no value. */
export function valueNameOf({ flags }: Pick<Form<unknown>, "flags">): string | null {
  return /[<[]([\w=-]+)/.exec(flags)?.[1]?.toUpperCase() ?? null;
}

/** One form of a table, and the setting that it sets. */
export interface FormOfTable {
  /** Name of the setting in its table. */
  readonly name: string;
  readonly setting: Setting<unknown>;
  readonly form: Form<unknown>;
}

/** Lists every form of a table, in order. */
export function formsOf(table: SettingTable): readonly FormOfTable[] {
  return Object.entries(table).flatMap(([name, setting]) => setting.forms.map((form) => ({ name, setting, form })));
}
