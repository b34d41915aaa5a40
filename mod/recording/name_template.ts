/**
 * The template of file names: folders and a file name, of literal text and fields such as `{stream}`.
 *
 * @module
 */

/** Literal text, or a field: a key of {@linkcode NAME_FIELDS}, or `id.KEY` for a key of the stream ID. */
export type NamePart = string | { readonly field: string };

/** Folders, then the file name without its ending. Neither the list nor any of its items is empty. */
export type NameTemplate = readonly (readonly NamePart[])[];

/** Values of the fields that stay the same during a session, unsanitized, by field. A missing value counts as empty. */
export type NameValues = Readonly<Record<string, string>>;

/** A field, as the manual describes it. */
export interface NameField {
  /** What the field contains. */
  readonly help: string;
  /** One of its values. */
  readonly example: string;
}

/** Stands before a key of the stream ID in the name of a field. */
export const ID_PREFIX = "id.";

/** The fields. The manual lists them. */
export const NAME_FIELDS: Readonly<Record<string, NameField>> = {
  stream: { help: "the stream name; without one, address and port of the caller", example: "cam1" },
  user: { help: "the user in the stream ID (`u=`)", example: "anna" },
  address: { help: "the address of the caller", example: "192.0.2.7" },
  date: { help: "the day on which the file begins", example: "2026-11-25" },
  time: { help: "the time at which the file begins", example: "20-54-12" },
  offset: { help: "the offset of that time from UTC", example: "UTC+0100" },
  session: {
    help: "the session ID, as in events; a listener begins with s1, unless it takes over sessions",
    example: "s1",
  },
  segment: { help: "the number of the file in its session, from 1; with --rejoin, it counts on", example: "0001" },
};

/** The template unless another one is given: `{stream}_{date}_{time}.ts`. */
export const DEFAULT_TEMPLATE: NameTemplate = [[{ field: "stream" }, "_", { field: "date" }, "_", { field: "time" }]];

/** Returns the fields of a template that are keys of the stream ID, without `id.`. */
export function idKeysOf(template: NameTemplate): readonly string[] {
  return template.flat().flatMap((part) =>
    typeof part !== "string" && part.field.startsWith(ID_PREFIX) ? [part.field.slice(ID_PREFIX.length)] : []
  );
}

/** Returns the text in place of a field that is empty. */
export function placeholderOf(field: string): string {
  return field === "stream" ? "stream" : `no-${field.startsWith(ID_PREFIX) ? field.slice(ID_PREFIX.length) : field}`;
}
