/**
 * Writes the parts of the manual that follow from tables in the code and from the results of the interoperability tests, and
 * checks that those in the repository are up to date. Lines are wrapped by `deno fmt`.
 *
 * @module
 */

import { COMMANDS, PROGRAM } from "../mod/cli/commands.ts";
import { HOOK_KEYS, LISTEN_OPTIONS, PULL_KEYS, STREAM_KEYS, USER_KEYS } from "../mod/cli/listen_options.ts";
import {
  byTopic,
  type CommandSpec,
  flagsInCapitals,
  type FormOfTable,
  formsOf,
  isOperand,
  keyOf,
  type SettingTable,
  valueNameOf,
} from "../mod/cli/option.ts";
import { ID_PREFIX, NAME_FIELDS } from "../mod/recording/name_template.ts";
import { SESSION_OPTIONS, type SessionOption } from "../mod/srt/session_option.ts";
import interopResults from "../tests/interop/results.json" with { type: "json" };
import { interopPart } from "../tests/interop/results.ts";

/** Folder of the pages, from the top of the project. */
const FOLDER = "mod/manual";

/** A part of a page that is generated; the comments around it stay. */
const BLOCK = /(<!-- generated: ([\w-]+) -->\n)[^]*?(<!-- end -->)/g;

/** The generated parts by name. */
const PARTS: Readonly<Record<string, () => string>> = {
  options: optionsPart,
  configuration: configurationPart,
  "srt-options": srtOptionsPart,
  "name-fields": nameFieldsPart,
  interop: () => interopPart(interopResults),
};

/** Returns the page with its generated parts. @throws {TypeError} There is no part of that name. */
export function withGeneratedParts(page: string): string {
  return page.replaceAll(BLOCK, (_, begin: string, name: string, end: string) => {
    const part = PARTS[name];
    if (part === undefined) throw new TypeError(`cannot generate the part ${JSON.stringify(name)}: there is none`);
    return `${begin}\n${part()}\n\n${end}`;
  });
}

/**
 * Checks the pages below `root` (top of the project, absolute, without a slash at its end).
 *
 * @returns One line for each page that is out of date; empty if none is.
 */
export function checkManual(root: string): readonly string[] {
  return pagesIn(`${root}/${FOLDER}`)
    .filter((path) => {
      const page = Deno.readTextFileSync(path);
      return unwrapped(withGeneratedParts(page)) !== unwrapped(page);
    })
    .map((path) => `${path.slice(root.length + 1)} is out of date: run deno task manual`);
}

/** Returns the text without line breaks and without the width of tables, which `deno fmt` chooses. */
function unwrapped(text: string): string {
  return text.replaceAll(/\s+/g, " ").replaceAll(/-{3,}/g, "---");
}

function pagesIn(folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) => name.endsWith(".md")).sort()
    .map((name) => `${folder}/${name}`);
}

function optionsPart(): string {
  const commands = Object.values(COMMANDS).map((spec) => section(spec, `## srt-splitter ${spec.name}`));
  return [
    ...commands,
    section({ ...PROGRAM, description: "These options print something and end the program." }, "## Without a command"),
  ].join("\n\n");
}

function section(spec: CommandSpec, title: string): string {
  const forms = formsOf(spec.table);
  const operands = forms.filter(({ form }) => isOperand(form));
  const groups = byTopic(forms.filter(({ form }) => !isOperand(form)), ({ setting }) => setting.topic);
  // a heading separates lists: without one, Markdown joins them
  const lists = groups.length === 1 ? [forms.map(item).join("\n")] : [
    operands.map(item).join("\n"),
    ...groups.map(([topic, forms]) => `### ${topic}\n\n${forms.map(item).join("\n")}`),
  ];
  return [title, spec.description, ...lists].join("\n\n");
}

/** Formats one option as an item of a list. */
function item({ form }: FormOfTable): string {
  const notes = [
    ...(form.default === undefined ? [] : [`default: ${form.default}`]),
    ...(form.env === undefined ? [] : [`or set \`${form.env}\``]),
  ];
  const note = notes.length === 0 ? "" : ` (${notes.join("; ")})`;
  return `- \`${inCapitals(form.flags)}\`: ${form.help}${note}`;
}

/** Returns `--out DIR` for `--out <dir>`, and `ADDRESS` for `[address]`. */
function inCapitals(flags: string): string {
  return isOperand({ flags }) ? flags.replaceAll(/[[\]<>]/g, "").toUpperCase() : flagsInCapitals(flags);
}

function configurationPart(): string {
  const inFile = formsOf(LISTEN_OPTIONS).filter(({ setting }) => setting.inFile);
  const [reloaded, others] = [true, false].map((wanted) =>
    inFile.filter(({ setting }) => setting.isReloaded === wanted).map(({ form }) => `\`${keyOf(form)}\``).join(", ")
  );
  return [
    "## Keys",
    `Applied on SIGHUP: ${reloaded}, and the tables.`,
    `Applied at the next start: ${others}.`,
    "Each is described in [options](options.md), under its long name.",
    "## Keys of a stream table",
    keyItems(STREAM_KEYS),
    "## Keys of a user table",
    keyItems(USER_KEYS),
    "## Keys of a hook table",
    keyItems(HOOK_KEYS),
    "## Keys of a pull table",
    keyItems(PULL_KEYS),
  ].join("\n\n");
}

function keyItems(table: SettingTable): string {
  return formsOf(table).map(({ form }) => `- \`${keyOf(form)} = ${valueNameOf(form)}\`: ${form.help}`).join("\n");
}

function nameFieldsPart(): string {
  const rows = Object.entries(NAME_FIELDS).map(([name, { help, example }]) => [`{${name}}`, example, help]);
  const idKey = [`{${ID_PREFIX}KEY}`, "studio-1", "the key KEY of the stream ID, such as `{id.h}` or `{id.bmd_uuid}`"];
  const lines = [...rows, idKey].map(([name, example, help]) => `| \`${name}\` | \`${example}\` | ${help} |`);
  return ["| field | example | content |", "| --- | --- | --- |", ...lines].join("\n");
}

function srtOptionsPart(): string {
  const items = Object.entries<SessionOption>(SESSION_OPTIONS).map(([name, { form, help }]) => {
    return `- \`${name}\`, ${describeForm(form)}: ${help}`;
  });
  const notPerStream = Object.entries<SessionOption>(SESSION_OPTIONS).filter(([, { perStream }]) => !perStream);
  return [
    "## Options",
    items.join("\n"),
    `A \`[[stream]]\` table cannot set ${
      notPerStream.map(([name]) => `\`${name}\``).join(", ")
    }: the value is sent to callers before their stream ID is known.`,
  ].join("\n\n");
}

function describeForm(form: SessionOption["form"]): string {
  switch (form.kind) {
    case "bool":
      return "1 or 0";
    case "number":
      return `${form.min} to ${form.max}${form.unit === undefined ? "" : ` ${form.unit}`}`;
    case "choice":
      return `${form.values.slice(0, -1).join(", ")} or ${form.values.at(-1)}`;
    case "version":
      return "a version";
    case "filter":
      return "a packet filter";
  }
}

if (import.meta.main) {
  const root = new URL("..", import.meta.url).pathname.replace(/\/$/, "");
  for (const path of pagesIn(`${root}/${FOLDER}`)) {
    Deno.writeTextFileSync(path, withGeneratedParts(Deno.readTextFileSync(path)));
  }
}
