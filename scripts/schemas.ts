/**
 * Writes the JSON Schema files of the vocabulary, and checks that those in the repository are up to date.
 *
 * @module
 */

import type { TSchema } from "@sinclair/typebox";
import { EVENTS } from "../mod/vocabulary/events.ts";
import { FinalSidecar, RunningSidecar } from "../mod/vocabulary/sidecar.ts";
import { Summary } from "../mod/vocabulary/summary.ts";

/** Folder of the files, from the top of the project. */
const FOLDER = "mod/vocabulary";

/** One JSON Schema file. */
interface SchemaFile {
  readonly name: string;
  readonly title: string;
  readonly description: string;
  /** A value has one of these forms. */
  readonly forms: readonly TSchema[];
}

const PROMISE = "Fields may be added; none is removed or changes its meaning.";

const FILES: readonly SchemaFile[] = [
  {
    name: "events.schema.json",
    title: "Events of srt-splitter",
    description:
      `One line of \`srt-splitter listen --json\`. ${PROMISE} Ignore fields and events that you do not know. ` +
      "The field `schema` of the event `listening` is the version of this schema.",
    forms: EVENTS,
  },
  {
    name: "sidecar.schema.json",
    title: "Sidecar of srt-splitter",
    description: `The file FILE.json beside a recording. ${PROMISE}`,
    forms: [RunningSidecar, FinalSidecar],
  },
  {
    name: "summary.schema.json",
    title: "Summary of a run of srt-splitter",
    description: `The file of \`srt-splitter listen --summary\`. ${PROMISE}`,
    forms: [Summary],
  },
];

/** A part of a JSON Schema. */
type Json = Readonly<Record<string, unknown>>;

/** Returns the text of a file. Schemas with an `$id` become definitions. */
function textOf({ title, description, forms }: SchemaFile): string {
  const definitions = new Map<string, unknown>();
  const [form, ...others] = forms.map((schema) => convert(schema, definitions));
  const schema = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title,
    description,
    ...(others.length === 0 ? form : { oneOf: [form, ...others] }),
    $defs: Object.fromEntries(definitions),
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function convert(schema: Json, definitions: Map<string, unknown>): Json {
  const { $id: name, ...content } = schema;
  if (typeof name !== "string") return convertFields(content, definitions);
  if (!definitions.has(name)) {
    definitions.set(name, null); // keeps its place before the schemas that it refers to
    definitions.set(name, convertFields(content, definitions));
  }
  return { $ref: `#/$defs/${name}` };
}

function convertFields({ anyOf, properties, items, ...content }: Json, definitions: Map<string, unknown>): Json {
  const inner = (schema: unknown) => convert(schema as Json, definitions);
  return {
    ...content,
    ...(Array.isArray(anyOf) ? alternatives(anyOf.map(inner)) : {}),
    ...(properties === undefined ? {} : {
      properties: Object.fromEntries(Object.entries(properties as Json).map(([name, field]) => [name, inner(field)])),
    }),
    ...(items === undefined ? {} : { items: inner(items) }),
  };
}

/** Writes constants as one enumeration. */
function alternatives(schemas: readonly Json[]): Json {
  return schemas.every(({ const: value }) => value !== undefined)
    ? { enum: schemas.map(({ const: value }) => value) }
    : { anyOf: schemas };
}

/**
 * Checks the files below `root` (top of the project, absolute, without a slash at its end).
 *
 * @returns One line for each file that is out of date; empty if none is.
 */
export function checkSchemas(root: string): readonly string[] {
  return FILES.filter((file) => readText(`${root}/${FOLDER}/${file.name}`) !== textOf(file))
    .map(({ name }) => `${FOLDER}/${name} is out of date: run deno task schemas`);
}

function readText(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

if (import.meta.main) {
  for (const file of FILES) Deno.writeTextFileSync(new URL(`../${FOLDER}/${file.name}`, import.meta.url), textOf(file));
}
