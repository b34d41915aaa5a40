/** Tests of scripts/test_batches.ts. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { ALONE, batchesOf, SOURCE_ONLY } from "../../scripts/test_batches.ts";
import { projectWith } from "./project_with.ts";

const PROJECT = {
  "tests/os/a_test.ts": "",
  "tests/os/b_test.ts": "",
  "tests/os/helper.ts": "",
  "tests/srt/c_test.ts": "",
  "tests/support/d.ts": "",
  "tests/system/burst_test.ts": "",
  "tests/system/names_test.ts": "",
  "tests/system/relay_test.ts": "",
};

Deno.test("batchesOf has one batch of unit tests for each folder", () => {
  using project = projectWith(PROJECT);
  const batches = batchesOf(project.root, "unit").map(({ name, files }) => [name, files]);
  assert.deepEqual(batches, [
    ["tests/os", ["tests/os/a_test.ts", "tests/os/b_test.ts"]],
    ["tests/srt", ["tests/srt/c_test.ts"]],
  ]);
});

Deno.test("batchesOf has one batch for each file of system tests", () => {
  using project = projectWith(PROJECT);
  const batches = batchesOf(project.root, "system").map(({ files, alone }) => [files, alone]);
  assert.deepEqual(batches, [
    [["tests/system/burst_test.ts"], true],
    [["tests/system/names_test.ts"], false],
    [["tests/system/relay_test.ts"], false],
  ]);
});

Deno.test("batchesOf omits system tests that do not depend on how the program is packaged", () => {
  using project = projectWith(PROJECT);
  const batches = batchesOf(project.root, "executable");
  assert.deepEqual(batches.map(({ files }) => files), [["tests/system/burst_test.ts"], ["tests/system/names_test.ts"]]);
  assert.ok(batches.every(({ usesExecutable }) => usesExecutable));
});

Deno.test("the system tests that batchesOf treats specially exist", () => {
  const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");
  const all = batchesOf(root, "system").flatMap(({ files }) => files);
  assert.deepEqual([...ALONE, ...SOURCE_ONLY].filter((file) => !all.includes(file)), []);
});
