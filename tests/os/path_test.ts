/** Tests of mod/os/path.ts. `node:path` is the reference. */
import assert from "node:assert/strict";
import { basename, dirname, resolve } from "node:path";
import { absolutePath, folderOf, nameOf } from "../../mod/os/path.ts";

const PARTS = ["", ".", "..", "a", "b.ts", "...", " "];

/** All paths of up to four parts, absolute and relative. */
const PATHS: readonly string[] = PARTS.flatMap((first) =>
  PARTS.flatMap((second) =>
    PARTS.flatMap((third) =>
      PARTS.flatMap((fourth) => {
        const path = [first, second, third, fourth].join("/");
        return [path, `/${path}`];
      })
    )
  )
);

Deno.test("absolutePath is as resolve of node:path, from the working folder and from another one", () => {
  for (const path of PATHS) {
    assert.strictEqual(absolutePath(path), resolve(path), path);
    assert.strictEqual(absolutePath(path, "/srv/x"), resolve("/srv/x", path), path);
    assert.strictEqual(absolutePath(path, ""), resolve("/", path), path);
  }
});

Deno.test("folderOf and nameOf are as dirname and basename of node:path, except for the folder of what is in the root", () => {
  for (const path of PATHS.map((path) => resolve("/srv", path)).filter((path) => path !== "/")) {
    assert.strictEqual(folderOf(path) || "/", dirname(path), path);
    assert.strictEqual(nameOf(path), basename(path), path);
  }
});
