import { deepStrictEqual } from "node:assert/strict";
import { Validator } from "@seriousme/openapi-schema-validator";
import { openApiDocument } from "../../mod/web/openapi.ts";

const DOCUMENT = JSON.parse(JSON.stringify(openApiDocument({ version: "1.2.3", cookie: "srt-splitter-9080" })));

Deno.test("openApiDocument returns a valid OpenAPI 3.1 document", async () => {
  const { valid, errors } = await new Validator().validate(DOCUMENT);
  deepStrictEqual([valid, errors], [true, undefined]);
});

Deno.test("openApiDocument defines every schema that it refers to", () => {
  const used = new Set(
    Array.from(JSON.stringify(DOCUMENT).matchAll(/#\/components\/schemas\/([\w-]+)/g), ([, name]) => name),
  );
  deepStrictEqual([...used].toSorted(), Object.keys(DOCUMENT.components.schemas).toSorted());
});

Deno.test("openApiDocument requires the token or the cookie for every path except /login", () => {
  deepStrictEqual(DOCUMENT.security, [{ token: [] }, { cookie: [] }]);
  const open = Object.keys(DOCUMENT.paths).filter((path) => {
    return Object.values(DOCUMENT.paths[path]).some((operation) => "security" in (operation as object));
  });
  deepStrictEqual(open, ["/login"]);
});

Deno.test("openApiDocument has no answers about tokens if no request needs one", () => {
  const statuses = (document: typeof DOCUMENT) => Object.keys(document.paths["/api/state"].get.responses);
  const open = JSON.parse(JSON.stringify(openApiDocument({ version: "1.2.3", cookie: null })));
  deepStrictEqual(statuses(DOCUMENT).filter((status) => !statuses(open).includes(status)), ["401", "429"]);
  deepStrictEqual(open.security, []);
});
