import assert from "node:assert/strict";

import { addToManifest, type ManifestEntry } from "../../mod/recording/manifest.ts";
import { RecordingsFolder } from "../../mod/retention/recordings_folder.ts";
import { placeRecording } from "../support/recordings.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** Names of what is found: finished, and unfinished. */
async function found(folder: string): Promise<readonly [readonly string[], readonly string[]]> {
  const { finished, unfinished } = await new RecordingsFolder(folder).read(never);
  const names = (list: readonly { readonly path: string }[]) => list.map(({ path }) => path.slice(folder.length + 1));
  return [names(finished).sort(), names(unfinished).sort()];
}

Deno.test("RecordingsFolder finds recordings with their size and end, also in subfolders", async () => {
  using folder = new TemporaryFolder();
  placeRecording(folder.file("a.ts"), { bytes: 10, changes: { end: "2026-05-04T14:03:09.500Z" } });
  Deno.mkdirSync(folder.file("cam1"));
  placeRecording(folder.file("cam1/b.ts"));
  assert.deepEqual(await found(folder.path), [["a.ts", "cam1/b.ts"], []]);
  const { finished } = await new RecordingsFolder(folder.path).read(never);
  const first = finished.find(({ path }) => path.endsWith("/a.ts"));
  assert.deepEqual([first?.bytes, first?.endMs], [10, Date.parse("2026-05-04T14:03:09.500Z")]);
});

for (
  const [what, change] of [
    ["a file without a sidecar", (path) => Deno.removeSync(`${path}.json`)],
    ["a sidecar without its file", (path) => Deno.removeSync(path)],
    ["JSON of another program", (path) => Deno.writeTextFileSync(`${path}.json`, '{"state":"final","file":"a.ts"}')],
    ["a sidecar that is not JSON", (path) => Deno.writeTextFileSync(`${path}.json`, "{")],
    ["a sidecar that is not an object", (path) => Deno.writeTextFileSync(`${path}.json`, "null")],
    ["a sidecar in an unknown state", (path) => void placeRecording(path, { changes: { state: "paused" } })],
    ["a sidecar of another file", (path) => void placeRecording(path, { changes: { file: "b.ts" } })],
    ["a sidecar without an end", (path) => void placeRecording(path, { changes: { end: "soon" } })],
    ["a file of another size", (path) => Deno.writeTextFileSync(path, "longer than before")],
    ["a recording that is a link", (path) => link(path)],
    ["a sidecar that is a link", (path) => link(`${path}.json`)],
  ] as readonly (readonly [string, (path: string) => void])[]
) {
  Deno.test(`RecordingsFolder does not find ${what}`, async () => {
    using folder = new TemporaryFolder();
    const path = placeRecording(folder.file("a.ts"));
    change(path);
    assert.deepEqual(await found(folder.path), [[], []]);
  });
}

Deno.test("RecordingsFolder finds recordings that are not complete, also if only the .part file of the sidecar exists", async () => {
  using folder = new TemporaryFolder();
  placeRecording(folder.file("a.ts"), { changes: { state: "recording", end: null, bytes: null } });
  placeRecording(folder.file("b.ts"));
  Deno.renameSync(folder.file("b.ts.json"), folder.file("b.ts.json.part"));
  assert.deepEqual(await found(folder.path), [[], ["a.ts", "b.ts"]]);
});

Deno.test("RecordingsFolder does not follow a link to another folder", async () => {
  using folder = new TemporaryFolder();
  using other = new TemporaryFolder();
  placeRecording(other.file("a.ts"));
  Deno.symlinkSync(other.path, folder.file("other"));
  assert.deepEqual(await found(folder.path), [[], []]);
});

Deno.test("RecordingsFolder deletes a recording with its sidecar, and nothing else", async () => {
  using folder = new TemporaryFolder();
  for (const name of ["a.ts", "b.ts"]) placeRecording(folder.file(name));
  const recordings = new RecordingsFolder(folder.path);
  const { finished } = await recordings.read(never);
  for (const recording of finished.filter(({ path }) => path.endsWith("/a.ts"))) {
    assert.equal(await recordings.delete(recording), true);
  }
  assert.deepEqual(folder.names(), ["b.ts", "b.ts.json"]);
});

for (
  const [what, change] of [
    ["was changed", (path) => Deno.writeTextFileSync(path, "changed")],
    ["was replaced by a link", link],
    ["has lost its sidecar", (path) => Deno.removeSync(`${path}.json`)],
    ["is being written again", (path) => void placeRecording(path, { changes: { state: "recording" } })],
  ] as readonly (readonly [string, (path: string) => void])[]
) {
  Deno.test(`RecordingsFolder does not delete a recording that ${what} since it was read`, async () => {
    using folder = new TemporaryFolder();
    const path = placeRecording(folder.file("a.ts"));
    const recordings = new RecordingsFolder(folder.path);
    const { finished: [recording] } = await recordings.read(never);
    assert.ok(recording !== undefined);
    change(path);
    const before = folder.names();
    assert.equal(await recordings.delete(recording), false);
    assert.deepEqual(folder.names(), before);
    assert.deepEqual((await recordings.read(never)).finished, []);
  });
}

Deno.test("RecordingsFolder does not delete through a folder that was replaced by a link since it was read", async () => {
  using folder = new TemporaryFolder();
  using other = new TemporaryFolder();
  Deno.mkdirSync(folder.file("cam1"));
  placeRecording(folder.file("cam1/a.ts"));
  const recordings = new RecordingsFolder(folder.path);
  const { finished: [recording] } = await recordings.read(never);
  assert.ok(recording !== undefined);
  Deno.renameSync(folder.file("cam1"), other.file("cam1"));
  Deno.symlinkSync(other.file("cam1"), folder.file("cam1"));
  assert.equal(await recordings.delete(recording), false);
  assert.equal(Deno.statSync(other.file("cam1/a.ts")).size, 4);
});

Deno.test("RecordingsFolder reads a sidecar again if it may have changed", async () => {
  using folder = new TemporaryFolder();
  const path = placeRecording(folder.file("a.ts"));
  const recordings = new RecordingsFolder(folder.path);
  await recordings.read(never);
  for (const name of folder.names()) Deno.removeSync(folder.file(name));
  placeRecording(path, { bytes: 500 });
  const [before, after] = [await recordings.read(never), await recordings.read((changed) => changed === path)];
  assert.deepEqual([before, after].map(({ finished: [recording] }) => recording?.bytes), [4, 500]);
});

/** Whether a sidecar may have changed since it was read. */
function never(): boolean {
  return false;
}

/** Moves a file away and puts a link to it in its place. */
function link(path: string): void {
  Deno.renameSync(path, `${path}.moved`);
  Deno.symlinkSync(`${path}.moved`, path);
}

Deno.test("RecordingsFolder removes the line of a deleted recording from the manifest", async () => {
  using folder = new TemporaryFolder();
  const [a, b] = ["a.ts", "b.ts"].map((name) => ({ name, value: "0".repeat(64) })) as [ManifestEntry, ManifestEntry];
  for (const { name } of [a, b]) placeRecording(folder.file(name));
  await addToManifest(folder.path, [a, b]);
  const recordings = new RecordingsFolder(folder.path);
  const { finished } = await recordings.read(never);
  const first = finished.find(({ path }) => path.endsWith("/a.ts"));
  assert.ok(first !== undefined && await recordings.delete(first));
  assert.equal(Deno.readTextFileSync(folder.file("recordings.sha256")), `${b.value}  b.ts\n`);
});
