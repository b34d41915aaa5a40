/** Tests of scripts/listen_options.ts, and of the permission set that these options name. */
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { SELF } from "../../mod/handoff/child_command.ts";
import { listenEnvironment, listenOptions } from "../../scripts/listen_options.ts";

Deno.test("listenOptions names the permission set listen", () => {
  assert.ok(listenOptions().includes("-qP=listen"));
});

Deno.test("listenOptions grants nothing besides the permission set", () => {
  assert.deepStrictEqual(listenOptions().filter((option) => /^(?:-A|--allow-)/.test(option)), []);
});

Deno.test("listenEnvironment keeps Deno from asking its server for a newer version at each start", () => {
  assert.deepStrictEqual(listenEnvironment(), { DENO_NO_UPDATE_CHECK: "1" });
});

Deno.test("the permission set listen allows a program to start nothing but itself", () => {
  assert.deepStrictEqual(config.permissions.listen.run, [SELF]);
});

for (const name of ["env", "sys"] as const) {
  Deno.test(`the permission set listen lists what it allows of ${name}`, () => {
    assert.ok(Array.isArray(config.permissions.listen[name]));
  });
}
