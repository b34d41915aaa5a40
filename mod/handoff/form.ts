/**
 * Forms that values of strangers must have: checks out of which larger ones are made.
 *
 * @module
 */

/** Whether a value has the form that it must have. */
export type Check = (value: unknown) => boolean;

/** Any text. */
export function string(value: unknown): boolean {
  return typeof value === "string";
}

/** Any number but infinite ones and NaN. */
export function number(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

/** True or false. */
export function boolean(value: unknown): boolean {
  return typeof value === "boolean";
}

/** An object with these fields at least. */
export function record(fields: Readonly<Record<string, Check>>): Check {
  return (value) => isObject(value) && Object.entries(fields).every(([name, fits]) => fits(value[name]));
}

/** A list of such values. */
export function list(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check);
}

/** Such a value or null. */
export function orNull(check: Check): Check {
  return (value) => value === null || check(value);
}

/** One of these texts. */
export function oneOf(values: readonly string[]): Check {
  return (value) => values.some((known) => known === value);
}

/** An object or a list. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
