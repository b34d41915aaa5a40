/** Tests of mod/recording/manifest.ts, with the real `sha256sum`. */
import assert from "node:assert/strict";
import { addToManifest, ManifestError, manifestPath, removeFromManifest } from "../../mod/recording/manifest.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Writes a recording whose content is its name, and returns its entry. */
async function writeRecording(folder: TemporaryFolder, name: string) {
  const bytes = new TextEncoder().encode(name);
  Deno.writeFileSync(folder.file(name), bytes);
  return { name, value: new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex() };
}

/** Returns the names that `sha256sum --strict -c` has checked. */
async function checkedBySha256sum(folder: TemporaryFolder): Promise<readonly string[]> {
  const { code, stdout, stderr } = await new Deno.Command("sha256sum", {
    args: ["--strict", "-c", manifestPath(".").slice(2)],
    cwd: folder.path,
  }).output();
  const decoder = new TextDecoder();
  assert.equal(code, 0, decoder.decode(stderr) + decoder.decode(stdout));
  return decoder.decode(stdout).trimEnd().split("\n").map((line) => line.replace(/: OK$/, ""));
}

Deno.test("sha256sum checks the recordings of a manifest, including names with spaces and accents", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["b.ts", "a b.ts", "bühne.ts"]) {
    await addToManifest(folder.path, [await writeRecording(folder, name)]);
  }
  assert.deepEqual(await checkedBySha256sum(folder), ["b.ts", "a b.ts", "bühne.ts"]);
  assert.deepEqual(folder.names().filter((name) => !name.endsWith(".ts")), ["recordings.sha256"]);
});

Deno.test("a manifest loses no line when several processes add and remove many lines at the same time", async () => {
  using folder = new TemporaryFolder();
  const names = Array.from({ length: 30 }, (_, index) => `${index}.ts`);
  const entries = await Promise.all(names.map((name) => writeRecording(folder, name)));
  const program = `
    import { addToManifest } from ${JSON.stringify(import.meta.resolve("../../mod/recording/manifest.ts"))};
    await Promise.all(JSON.parse(Deno.args[1]).map((entry) => addToManifest(Deno.args[0], [entry])));`;
  using programs = new TemporaryFolder();
  Deno.writeTextFileSync(programs.file("add.ts"), program);
  const add = (part: typeof entries) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--no-config", "--no-check", programs.file("add.ts"), folder.path, JSON.stringify(part)],
    }).output();
  await addToManifest(folder.path, entries.slice(0, 5));
  const outputs = await Promise.all([
    add(entries.slice(5, 15)),
    add(entries.slice(15, 25)),
    ...entries.slice(25).map((entry) => addToManifest(folder.path, [entry])),
    ...names.slice(0, 5).map((name) => removeFromManifest(folder.path, name)),
  ]);
  for (const output of outputs) assert.ok(output === undefined || output.success);
  assert.deepEqual((await checkedBySha256sum(folder)).toSorted(), names.slice(5).toSorted());
});

Deno.test("more additions than this process has threads do not wait for each other forever", async () => {
  using folder = new TemporaryFolder();
  const entries = await Promise.all(Array.from({ length: 80 }, (_, index) => writeRecording(folder, `${index}.ts`)));
  await Promise.all(entries.map((entry) => addToManifest(folder.path, [entry])));
  assert.equal((await checkedBySha256sum(folder)).length, entries.length);
});

Deno.test("a manifest has one line for a name that is used again", async () => {
  using folder = new TemporaryFolder();
  const entry = await writeRecording(folder, "a.ts");
  await addToManifest(folder.path, [{ ...entry, value: "0".repeat(64) }, await writeRecording(folder, "b.ts")]);
  await addToManifest(folder.path, [entry]);
  assert.deepEqual(await checkedBySha256sum(folder), ["b.ts", "a.ts"]);
});

Deno.test("addToManifest does not replace a manifest that already has all lines", async () => {
  using folder = new TemporaryFolder();
  const entries = [await writeRecording(folder, "a.ts"), await writeRecording(folder, "b.ts")];
  await addToManifest(folder.path, entries);
  const before = Deno.statSync(manifestPath(folder.path)).ino;
  await addToManifest(folder.path, entries.toReversed());
  assert.equal(Deno.statSync(manifestPath(folder.path)).ino, before);
});

Deno.test("a recording that does not exist any more gets no line, and a manifest without lines is removed", async () => {
  using folder = new TemporaryFolder();
  const [a, b] = [await writeRecording(folder, "a.ts"), await writeRecording(folder, "b.ts")];
  Deno.removeSync(folder.file("b.ts"));
  await addToManifest(folder.path, [a, b]);
  assert.deepEqual(await checkedBySha256sum(folder), ["a.ts"]);
  await removeFromManifest(folder.path, "a.ts");
  await removeFromManifest(folder.path, "a.ts");
  assert.deepEqual(folder.names(), ["a.ts"]);
});

Deno.test("lines of other programs stay, including one without an end of line", async () => {
  using folder = new TemporaryFolder();
  const [a, b] = [await writeRecording(folder, "a.ts"), await writeRecording(folder, "b.ts")];
  Deno.writeTextFileSync(manifestPath(folder.path), `# archive 7\n${b.value} *b.ts`);
  await addToManifest(folder.path, [a]);
  assert.equal(
    Deno.readTextFileSync(manifestPath(folder.path)),
    `# archive 7\n${b.value} *b.ts\n${a.value}  a.ts\n`,
  );
});

Deno.test("the partial manifest of a killed process is replaced, and a link with its name is not followed", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("precious"), "precious");
  Deno.symlinkSync(folder.file("precious"), `${manifestPath(folder.path)}.part`);
  await addToManifest(folder.path, [await writeRecording(folder, "a.ts")]);
  assert.deepEqual(await checkedBySha256sum(folder), ["a.ts"]);
  assert.equal(Deno.readTextFileSync(folder.file("precious")), "precious");
});

for (const what of ["a link", "a folder"] as const) {
  Deno.test(`${what} that has the name of the manifest is an error, and stays`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("precious"), "precious");
    if (what === "a link") Deno.symlinkSync(folder.file("precious"), manifestPath(folder.path));
    else Deno.mkdirSync(manifestPath(folder.path));
    const entry = await writeRecording(folder, "a.ts");
    await assert.rejects(
      addToManifest(folder.path, [entry]),
      (error: Error) =>
        error instanceof ManifestError &&
        /^cannot change \/.*\/recordings\.sha256: its name is used/.test(error.message),
    );
    assert.equal(Deno.readTextFileSync(folder.file("precious")), "precious");
  });
}

Deno.test("sha256sum checks recordings whose names need escapes, and each has one line", async () => {
  using folder = new TemporaryFolder();
  const names = ["a\nb.ts", "c\\n.ts", "d\re.ts", "f\u2028g.ts"];
  const entries = await Promise.all(names.map((name) => writeRecording(folder, name)));
  for (const _ of [1, 2]) await addToManifest(folder.path, entries);
  assert.equal((await checkedBySha256sum(folder)).length, names.length);
  for (const name of names) await removeFromManifest(folder.path, name);
  assert.deepEqual(folder.names(), names.toSorted());
});

Deno.test("a manifest keeps the bytes of lines that another program has added, and its permissions", async () => {
  using folder = new TemporaryFolder();
  const path = manifestPath(folder.path);
  const before = new Uint8Array([...new TextEncoder().encode(`# list\n\n${"0".repeat(64)}  caf`), 0xe9, 0x0a]);
  Deno.writeFileSync(path, before, { mode: 0o600 });
  await addToManifest(folder.path, [await writeRecording(folder, "a.ts")]);
  assert.deepEqual(Deno.readFileSync(path).subarray(0, before.length), before);
  assert.equal((Deno.statSync(path).mode ?? 0) & 0o777, 0o600);
});

Deno.test("removeFromManifest throws ManifestError if the folder is a file", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("a"), "");
  await assert.rejects(removeFromManifest(folder.file("a"), "cam1.ts"), ManifestError);
});
