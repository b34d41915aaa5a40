import assert from "node:assert/strict";
import { openLibsrt, versionWarning } from "../../mod/srt/find_library.ts";
import { LibraryError } from "../../mod/srt/library.ts";

Deno.test("openLibsrt finds the system's libsrt", () => {
  using libsrt = openLibsrt();
  assert.match(libsrt.version, /^1\.\d+\.\d+$/);
  assert.match(libsrt.file, /^libsrt/);
  assert.equal(libsrt.embedded, false);
});

Deno.test("openLibsrt opens the embedded copy", () => {
  using system = openLibsrt();
  using libsrt = openLibsrt({ embedded: system.file, systemNames: [] });
  assert.equal(libsrt.embedded, true);
});

Deno.test("openLibsrt names every place when there is no libsrt", () => {
  const error = failToOpen({ embedded: "/nowhere/libsrt.so", systemNames: ["libsrt.so.0.0", "libsrt.so.0.1"] });
  assert.deepEqual(error.tried, [
    { file: "/nowhere/libsrt.so", text: "not found" },
    { file: "libsrt.so.0.0", text: "not found" },
    { file: "libsrt.so.0.1", text: "not found" },
  ]);
  for (const { file } of error.tried) assert.ok(error.message.includes(`"${file}": not found`));
});

Deno.test("openLibsrt explains how to install libsrt if there is none", () => {
  assert.match(failToOpen({ systemNames: ["libsrt.so.0.0"] }).message, /install/);
});

Deno.test("openLibsrt tries nothing else when the named file fails", () => {
  assert.deepEqual(failToOpen({ file: "/nowhere/libsrt.so" }).tried, [{
    file: "/nowhere/libsrt.so",
    text: "not found",
  }]);
});

Deno.test("openLibsrt explains that a name without a slash is not searched for in the current folder", () => {
  assert.match(
    failToOpen({ file: "my.so" }).message,
    /\nname another file \(\.\/my\.so if it is in this folder\), or omit /,
  );
  assert.match(failToOpen({ file: "/nowhere/my.so" }).message, /\nname another file, or omit /);
});

Deno.test("openLibsrt reports that a library is not libsrt", () => {
  assert.equal(failToOpen({ file: "libc.so.6" }).tried[0]?.text, "not libsrt: it has no srt_startup");
});

Deno.test("openLibsrt reports that a file is not a library", async () => {
  const file = await Deno.makeTempFile();
  try {
    await Deno.writeTextFile(file, "text, not a shared object of any kind, and long enough for a header");
    assert.match(failToOpen({ file }).tried[0]?.text ?? "", /^invalid ELF header/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("LibraryError keeps the last failure as its cause", () => {
  assert.ok(failToOpen({ file: "libc.so.6" }).cause instanceof Error);
});

Deno.test("versionWarning uses the package that the copy inside the executable was linked from", () => {
  using system = openLibsrt();
  using libsrt = openLibsrt({ embedded: system.file, systemNames: [] });
  assert.strictEqual(versionWarning(libsrt, "1.5.1-1+deb12u2"), null);
  assert.match(
    versionWarning(libsrt, "1.5.1-1+deb12u1") ?? "",
    /package 1\.5\.1-1\+deb12u1\) may lack the fixes of CVE-/,
  );
});

Deno.test("versionWarning warns about a copy inside the executable that is not from a package", () => {
  using system = openLibsrt();
  using libsrt = openLibsrt({ embedded: system.file, systemNames: [] });
  if (hasFixes(libsrt.version)) assert.strictEqual(versionWarning(libsrt, null), null);
  else assert.match(versionWarning(libsrt, null) ?? "", /^libsrt \S+ may lack the fixes of CVE-/);
});

Deno.test("Libsrt.close may be called twice", () => {
  const libsrt = openLibsrt();
  libsrt.close();
  libsrt.close();
});

/** 1.5.6 and later. */
function hasFixes(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 10_000 + minor * 100 + patch >= 10_506;
}

function failToOpen(places: Parameters<typeof openLibsrt>[0]): LibraryError {
  try {
    openLibsrt(places).close();
  } catch (error) {
    assert.ok(error instanceof LibraryError);
    return error;
  }
  throw new assert.AssertionError({ message: "openLibsrt opened a library" });
}
