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
  403:
    "The Host does not name this machine, the request comes from a page of another site, or an order with a cookie has " +
    "neither the Origin of this server nor Sec-Fetch-Site: same-origin.",
  500: "A bug in srt-splitter.",
  503: "Too many requests are in progress, from this address or in total.",
};

/** Failures of the routes that need a token. */
const TOKEN_FAILURES: typeof COMMON_FAILURES = {
  401:
    "There is neither a valid token nor a valid cookie. After a wrong token, the answer is delayed by at least one second.",
  429: "Too many wrong tokens have come from this address.",
};

/** Parameters in paths, with their description. */
const PARAMETERS: Readonly<Record<string, string>> = {
  id: "ID of a session, such as s1.",
  path: "Path below the folder of recordings, each part encoded, with the slashes between them.",
};

/**
 * Returns the document.
 *
 * @param options `version`: version of srt-splitter. `cookie`: the name of the cookie; null: no request needs a token or a cookie.
 */
export function openApiDocument(
  { version, cookie }: { readonly version: string; readonly cookie: string | null },
): Json {
  const schemas = new Map<string, unknown>();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const needsToken = cookie !== null && route.isOpen !== true;
    const security = cookie === null || needsToken ? {} : { security: [] }; // otherwise, that of the document applies
    const operation = { ...operationOf(route, { schemas, needsToken }), ...security };
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operation };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "srt-splitter",
      version,
      description:
        "Fields may be added; none is removed or changes its meaning. HEAD is possible wherever GET is, and opens no stream.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: cookie === null ? [] : [{ token: [] }, { cookie: [] }],
    paths,
    components: {
      schemas: Object.fromEntries(schemas),
      securitySchemes: cookie === null ? {} : {
        token: { type: "http", scheme: "bearer" },
        cookie: { type: "apiKey", in: "cookie", name: cookie, description: "POST /login returns it." },
      },
    },
  };
}

function operationOf(
  { name, path, summary, query = {}, answer, body, failures }: Route,
  { schemas, needsToken }: { readonly schemas: Map<string, unknown>; readonly needsToken: boolean },
): Json {
  const parameterOf = (place: "path" | "query", name: string, description: string | undefined) => {
    return { name, in: place, required: true, description, schema: { type: "string" } };
  };
  const parameters = [
    ...Array.from(path.matchAll(/\{(\w+)\}/g), ([, name = ""]) => parameterOf("path", name, PARAMETERS[name])),
    ...Object.entries(query).map(([name, description]) => parameterOf("query", name, description)),
  ];
  const json = (schema: TSchema) => ({ "application/json": { schema: convert(schema, schemas) } });
  const failed = Object.entries({ ...COMMON_FAILURES, ...(needsToken ? TOKEN_FAILURES : {}), ...failures }).map(
    ([status, description]) => {
      return [status, { description, content: json(Problem) }] as const;
    },
  );
  const success = (body: NonNullable<typeof answer>) => {
    const content = isOther(body) ? { [body.type]: {} } : json(body);
    const partial = name === "recording" ? { 206: { description: "The range of the file.", content } } : {};
    return { 200: { description: body.description ?? summary, content }, ...partial };
  };
  return {
    operationId: name,
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: {
      ...(answer === null ? { 204: { description: summary } } : success(answer)),
      ...Object.fromEntries(failed),
    },
  };
}

function isOther(answer: TSchema | OtherBody): answer is OtherBody {
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
