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

/** The paths with answers about wrong tokens. */
function pathsWithTokens({ paths }: typeof DOCUMENT): readonly string[] {
  return Object.keys(paths).filter((path) => JSON.stringify(paths[path]).includes('"401"'));
}

Deno.test("openApiDocument has answers about wrong tokens only for paths that need one, and for /login", () => {
  const open = JSON.parse(JSON.stringify(openApiDocument({ version: "1.2.3", cookie: null })));
  deepStrictEqual(pathsWithTokens(DOCUMENT), Object.keys(DOCUMENT.paths));
  deepStrictEqual([pathsWithTokens(open), open.security], [["/login"], []]);
});
