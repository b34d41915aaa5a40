import { deepStrictEqual } from "node:assert/strict";
import { routesFor } from "../../mod/web/routes.ts";

for (
  const [path, expected] of [
    ["/api/sessions", [["sessions", ""]]],
    ["/api/sessions/s1", [["session", "s1"]]],
    ["/api/sessions/s1/stop", [["stop", "s1"]]],
    ["/api/bans", [["bans", ""], ["ban", ""], ["lift-ban", ""]]],
    ["/api/recordings", [["recordings", ""]]],
    ["/api/recordings/a/b.ts", [["recording", "a/b.ts"]]],
    ["/api/openapi.json", [["openapi", ""]]],
    ["/api/openapi-json", []],
    ["/api/sessions/", []],
    ["/api/sessions/s1/fly", []],
    ["/api", []],
  ] as const
) {
  Deno.test(`routesFor returns ${JSON.stringify(expected)} for ${path}`, () => {
    deepStrictEqual(routesFor(path).map(({ route, parameter }) => [route.name, parameter]), expected);
  });
}
