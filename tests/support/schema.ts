/**
 * Validation by a JSON Schema of the repository, stricter than the published schema: a field that it does not name fails.
 *
 * @module
 */

import Ajv2020 from "ajv/dist/2020.js";

/**
 * Reads the schema `file` (a path from the root of the project) and returns a function that throws if a value does not match.
 */
export function strictSchema(file: string): (value: unknown) => void {
  const schema = JSON.parse(Deno.readTextFileSync(new URL(`../../${file}`, import.meta.url)));
  close(schema);
  // the strict mode of ajv would forbid types such as ["integer", "null"]
  const ajv = new Ajv2020.default({ allErrors: true, allowUnionTypes: true });
  const validate = ajv.compile(schema);
  return (value) => {
    if (validate(value)) return;
    throw new Error(`${file}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  };
}

/** Forbids other fields in every object whose properties are listed. */
function close(part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  if ("properties" in part) Object.assign(part, { additionalProperties: false });
  for (const inner of Object.values(part)) close(inner);
}
