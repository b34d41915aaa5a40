/** Names of recordings by the template that holds unless another one is given. */
import type { FileNames } from "../../mod/recording/file_name.ts";
import { DEFAULT_TEMPLATE } from "../../mod/recording/name_template.ts";

export function namesOf(stream: string, changes: Partial<FileNames> = {}): FileNames {
  return { template: DEFAULT_TEMPLATE, values: { stream }, utc: true, ...changes };
}
