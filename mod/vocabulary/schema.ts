/**
 * The building blocks of the vocabulary. Each record is declared once, as a TypeBox schema. Three things follow from it: the type,
 * the check of what children report, and the published JSON Schema. A schema with an `$id` is a definition of its own in the JSON
 * Schema.
 *
 * A child may import values only from values.ts. From the other files of this folder, it imports only types.
 *
 * @module
 */

import { type Static, type TLiteral, type TSchema, type TUnion, Type } from "@sinclair/typebox";

/** The type of a schema's values, read-only throughout. */
export type ValueOf<Schema extends TSchema> = ReadonlyValue<Static<Schema>>;

/** `Value` with all its fields and lists read-only. */
export type ReadonlyValue<Value> = { readonly [Key in keyof Value]: ReadonlyValue<Value[Key]> };

/** Returns the schema of a whole number, 0 or more. */
export function count(description: string): ReturnType<typeof Type.Integer> {
  return Type.Integer({ minimum: 0, description });
}

/** Returns the schema of a text. */
export function text(description: string): ReturnType<typeof Type.String> {
  return Type.String({ description });
}

/** Returns the schema of a value of `schema`, or null. */
export function nullable<Schema extends TSchema>(
  schema: Schema,
  description?: string,
): TUnion<[Schema, ReturnType<typeof Type.Null>]> {
  return Type.Union([schema, Type.Null()], description === undefined ? {} : { description });
}

/** Returns the schema of one of `values`. */
export function oneOf<const Values extends readonly (string | number)[]>(
  values: Values,
  description: string,
): TUnion<{ -readonly [Index in keyof Values]: TLiteral<Values[Index]> }> {
  return Type.Union(values.map((value) => Type.Literal(value)), { description }) as never;
}

/** A time. */
export const Time = Type.String({
  $id: "time",
  pattern: "^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$",
  description: "RFC 3339 in UTC with milliseconds.",
});

/** The ID of a session. */
export const SessionId = Type.String({
  $id: "session",
  pattern: "^s\\d+$",
  description:
    "Session ID: s1, s2, and so on. Unique within one run of the listener, the sessions that it has adopted included.",
});

/** A UDP port. */
export const Port = Type.Integer({ minimum: 1, maximum: 65_535, description: "UDP port." });

/** The ID of a process. */
export const ProcessId = Type.Integer({ minimum: 1, description: "Process ID." });

/** An address and a UDP port. */
export const Endpoint = Type.Object({
  address: text("Numeric IPv4 or IPv6 address, without brackets."),
  port: Port,
}, { $id: "endpoint", description: "An address and a UDP port." });

/** An address and a UDP port. */
export type Endpoint = ValueOf<typeof Endpoint>;
