import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";
import { gzipSync } from "node:zlib";
import { describeEmbeddedLibsrt, openEmbeddedLibsrt } from "../../mod/handoff/embedded_libsrt.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const libc = openLibc();

/** Writes the files that `deno task compile` puts into the executable, and returns the URL of their folder. */
function embedIn(folder: TemporaryFolder, description: string): URL {
  Deno.writeFileSync(folder.file("libsrt.so.gz"), gzipSync("library"));
  Deno.writeTextFileSync(folder.file("libsrt.json"), description);
  return pathToFileURL(`${folder.path}/`);
}

Deno.test("openEmbeddedLibsrt and describeEmbeddedLibsrt return null if no libsrt was embedded", async () => {
  using folder = new TemporaryFolder();
  const empty = pathToFileURL(`${folder.path}/`);
  assert.deepStrictEqual([await openEmbeddedLibsrt(libc, { folder: empty }), describeEmbeddedLibsrt(empty)], [
    null,
    null,
  ]);
});

for (const packageVersion of ["1.5.1-1+deb12u2", null]) {
  Deno.test(`openEmbeddedLibsrt returns a file that a child can read, and the package version ${packageVersion}`, async () => {
    using folder = new TemporaryFolder();
    const embedded = await openEmbeddedLibsrt(libc, { folder: embedIn(folder, JSON.stringify({ packageVersion })) });
    assert.ok(embedded !== null);
    const { stdout } = await new Deno.Command("cat", { args: [embedded.file] }).output();
    libc.symbols.close(Number(embedded.file.split("/").at(-1)));
    assert.strictEqual(new TextDecoder().decode(stdout), "library");
    assert.strictEqual(embedded.packageVersion, packageVersion);
  });
}

Deno.test("openEmbeddedLibsrt reads a libsrt that is a part of the executable", async () => {
  using folder = new TemporaryFolder();
  const executable = folder.file("program");
  Deno.writeTextFileSync(executable, "base library files");
  const description = JSON.stringify({ packageVersion: null, part: { offset: 5, bytes: 7 } });
  const embedded = await openEmbeddedLibsrt(libc, { executable, folder: embedIn(folder, description) });
  assert.ok(embedded !== null);
  const { stdout } = await new Deno.Command("cat", { args: [embedded.file] }).output();
  libc.symbols.close(Number(embedded.file.split("/").at(-1)));
  assert.strictEqual(new TextDecoder().decode(stdout), "library");
});

Deno.test("openEmbeddedLibsrt throws if the executable ends before its libsrt", async () => {
  using folder = new TemporaryFolder();
  const executable = folder.file("program");
  Deno.writeTextFileSync(executable, "base");
  const description = JSON.stringify({ packageVersion: null, part: { offset: 5, bytes: 7 } });
  await assert.rejects(
    openEmbeddedLibsrt(libc, { executable, folder: embedIn(folder, description) }),
    Deno.errors.UnexpectedEof,
  );
});

Deno.test("describeEmbeddedLibsrt returns what the probe found when the executable was built", () => {
  using folder = new TemporaryFolder();
  const description = {
    packageVersion: "1.5.1-1+deb12u2",
    probed: { version: "1.5.1", aesGcm: false, warning: null },
    glibc: "2.36",
  };
  assert.deepStrictEqual(describeEmbeddedLibsrt(embedIn(folder, JSON.stringify(description))), description);
});
