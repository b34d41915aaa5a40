/** What the names of a session's files are made of, with the default template. */
import type { FileNames } from "../../mod/recording/file_name.ts";
import { DEFAULT_TEMPLATE } from "../../mod/recording/name_template.ts";

export function namesOf(stream: string, changes: Partial<FileNames> = {}): FileNames {
  return { template: DEFAULT_TEMPLATE, values: { stream }, utc: true, ...changes };
}
