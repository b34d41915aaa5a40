/**
 * A command of `--pipe`: a program and its arguments, which may have fields such as `{stream}`.
 *
 * @module
 */

import { type FileNaming, formatParts } from "./file_name.ts";
import type { NamePart } from "./name_template.ts";

/** The program, then its arguments; each consists of literal text and fields. The program has no fields. */
export type CommandTemplate = readonly (readonly NamePart[])[];

/** Returns the program and its arguments for one start of the command. A field's value is always one argument, or a part of one. */
export function formatCommand(template: CommandTemplate, naming: Omit<FileNaming, "template">): readonly string[] {
  return template.map((parts) => formatParts(parts, naming));
}
