/**
 * The OpenAPI document of the HTTP API.
 *
 * @module
 */

import type { TSchema } from "@sinclair/typebox";
import { Problem } from "./api_schema.ts";
import { type OtherBody, type Route, ROUTES } from "./routes.ts";

/** A part of the document. */
type Json = Readonly<Record<string, unknown>>;

/** Failures that every route has. */
const COMMON_FAILURES: Readonly<Record<number, string>> = {
  400: "The Host is not a valid address.",
  401: "The token is missing or wrong.",
  403: "The Host does not name this machine, or the request comes from a page of another site.",
  500: "A bug in srt-splitter.",
};

/** Parameters in paths, with their description. */
const PARAMETERS: Readonly<Record<string, string>> = {
  id: "ID of a session, such as s1.",
  path: "Path below the folder of recordings, each part encoded, with the slashes between them.",
};

/**
 * Returns the document.
 *
 * @param options `version`: version of srt-splitter. `needsToken`: whether requests need a bearer token.
 */
export function openApiDocument(
  { version, needsToken }: { readonly version: string; readonly needsToken: boolean },
): Json {
  const schemas = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "srt-splitter",
      version,
      description: "Fields may be added; none is removed or changes its meaning.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: needsToken ? [{ token: [] }] : [],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: { token: { type: "http", scheme: "bearer" } },
    },
  };
}

function operationOf({ name, path, summary, answer, body, failures }: Route, schemas: Map<string, unknown>): Json {
  const parameters = Array.from(path.matchAll(/\{(\w+)\}/g), ([, parameter = ""]) => ({
    name: parameter,
    in: "path",
    required: true,
    description: PARAMETERS[parameter],
    schema: { type: "string" },
  }));
  const json = (schema: TSchema) => ({ "application/json": { schema: convert(schema, schemas) } });
  const failed = Object.entries({ ...COMMON_FAILURES, ...failures }).map(([status, description]) => {
    return [status, { description, content: json(Problem) }] as const;
  });
  const content = isOther(answer) ? { [answer.type]: {} } : json(answer);
  const partial = name === "recording" ? { 206: { description: "The range of the file.", content } } : {};
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: {
      200: { description: answer.description ?? summary, content },
      ...partial,
      ...Object.fromEntries(failed),
    },
  };
}

function isOther(answer: Route["answer"]): answer is OtherBody {
  return !("properties" in answer);
}

/** Converts a schema. Those with an `$id` become components. */
function convert(schema: unknown, schemas: Map<string, unknown>): unknown {
  if (Array.isArray(schema)) return schema.map((item) => convert(item, schemas));
  if (typeof schema !== "object" || schema === null) return schema;
  const { $id: name, ...fields } = schema as Json;
  const content = () =>
    Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, convert(value, schemas)]));
  if (typeof name !== "string") return content();
  if (!schemas.has(name)) {
    schemas.set(name, null); // keeps its place before the schemas that it refers to
    schemas.set(name, content());
  }
  return { $ref: `#/components/schemas/${name}` };
}
