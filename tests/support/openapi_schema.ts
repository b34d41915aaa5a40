/**
 * Validation by the schemas of an OpenAPI document, stricter than the document: a field that it does not name fails.
 *
 * @module
 */

import Ajv2020 from "ajv/dist/2020.js";

/** Returns a function that throws if a value does not match the component schema `name`, and returns the value otherwise. */
// deno-lint-ignore no-explicit-any -- tests read fields of the values
export function openApiSchema(document: unknown): (name: string, value: unknown) => any {
  const copy = structuredClone(document);
  close(copy);
  const ajv = new Ajv2020.default({ allErrors: true, allowUnionTypes: true, strict: false });
  ajv.addSchema(copy as object, "api");
  return (name, value) => {
    const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` });
    if (validate(value)) return value;
    throw new Error(`${name}: ${ajv.errorsText(validate.errors)}\n${JSON.stringify(value)}`);
  };
}

/** Forbids other fields in every object whose properties are listed. */
function close(part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  if ("properties" in part) Object.assign(part, { additionalProperties: false });
  for (const inner of Object.values(part)) close(inner);
}
