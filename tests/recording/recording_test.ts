import assert from "node:assert/strict";

import { createNewFile } from "../../mod/os/new_file.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { namesOf } from "./names_of.ts";
import { bytesFrom, createWith, Recorded, recordIn, STAMP, write } from "./recorded.ts";

Deno.test("Recording writes the payload to a file named after stream and time", async () => {
  using folder = new TemporaryFolder();
  const { recording, events, tapped } = recordIn(folder);
  write(recording, bytesFrom(0, 3));
  write(recording, bytesFrom(3, 500_000));
  await recording.close(DEADLINE_MS);
  assert.equal(recording.unsafe, null);
  const file = folder.file(`cam_${STAMP}.ts`);
  assert.deepEqual([recording.file, recording.files, recording.writtenBytes], [file, [file], 500_003]);
  assert.deepEqual(Deno.readFileSync(file), bytesFrom(0, 500_003));
  assert.deepEqual(tapped, [[...bytesFrom(0, 500_003)]]);
  assert.deepEqual(events, [{ kind: "opened", file }]);
});

Deno.test("Recording collects payload for 150 ms, or until 256 KiB wait, and writes it in one call", async () => {
  using folder = new TemporaryFolder();
  let nowMs = 0;
  const writes: number[] = [];
  const createFile = createWith((file) => ({
    write: (bytes) => {
      writes.push(bytes.length);
      return file.write(bytes);
    },
  }));
  const { recording } = recordIn(folder, { now: () => nowMs, tickMs: 1e6, createFile });
  await recording.opened;
  write(recording, bytesFrom(0, 3));
  await new Promise((resolve) => setTimeout(resolve, 0));
  nowMs = 149;
  write(recording, bytesFrom(3, 3));
  await new Promise((resolve) => setTimeout(resolve, 0));
  nowMs = 150;
  recording.writeDue();
  await waitUntil("the first write", () => recording.writtenBytes === 6);
  write(recording, bytesFrom(6, 262_143));
  await new Promise((resolve) => setTimeout(resolve, 0));
  write(recording, bytesFrom(0, 1));
  await waitUntil("the second write", () => recording.writtenBytes === 262_150);
  await recording.close(DEADLINE_MS);
  assert.deepEqual(writes, [6, 262_144]);
});

Deno.test("Recording accepts payload before its file is open", async () => {
  using folder = new TemporaryFolder();
  const open = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, { createFile: (path) => open.promise.then(() => createNewFile(path)) });
  write(recording, bytesFrom(0, 3));
  assert.deepEqual([recording.acceptedBytes, recording.writtenBytes, recording.file], [3, 0, null]);
  open.resolve();
  await recording.opened;
  await recording.close(DEADLINE_MS);
  assert.deepEqual(Deno.readFileSync(recording.file ?? ""), bytesFrom(0, 3));
});

Deno.test("Recording removes an empty file at the end", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder);
  await recording.opened;
  assert.deepEqual(folder.names(), [`cam_${STAMP}.ts`]);
  await recording.close(DEADLINE_MS);
  assert.deepEqual([folder.names(), recording.file, recording.gone], [[], null, null]);
});

Deno.test("Recording of kind none only counts, and shows the payload to the taps", async () => {
  const { recording, tapped } = new Recorded({ kind: "none" });
  await recording.opened;
  write(recording, bytesFrom(0, 3));
  write(recording, bytesFrom(3, 2));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.acceptedBytes, recording.writtenBytes, recording.files], [5, 5, []]);
  assert.deepEqual(tapped, [[0, 1, 2, 3, 4]]);
});

Deno.test("Recording appends a number if a name is taken, and does not touch the existing file", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file(`cam_${STAMP}.ts`), "precious");
  const recorded = recordIn(folder);
  write(recorded.recording, bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(recorded.names(), [`cam_${STAMP}-2.ts`]);
  assert.equal(Deno.readTextFileSync(folder.file(`cam_${STAMP}.ts`)), "precious");
});

Deno.test("Recording does not create the target of a broken symbolic link that has its name", async () => {
  using folder = new TemporaryFolder();
  Deno.symlinkSync(folder.file("elsewhere"), folder.file(`cam_${STAMP}.ts`));
  const recorded = recordIn(folder);
  write(recorded.recording, bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(folder.names(), [`cam_${STAMP}-2.ts`, `cam_${STAMP}.ts`]);
});

Deno.test("Recording does not use a name whose sidecar exists", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file(`cam_${STAMP}.ts.json`), "{}");
  const recorded = recordIn(folder);
  write(recorded.recording, bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(recorded.names(), [`cam_${STAMP}-2.ts`]);
});

Deno.test("Recording shortens a name that is too long for the folder, with room for the sidecar's endings", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, {
    createFile: (path) => {
      const bytes = new TextEncoder().encode(path.slice(path.lastIndexOf("/") + 1)).length;
      if (bytes > 143) throw new Error("File name too long (os error 36)"); // eCryptfs
      return createNewFile(path);
    },
  }, "ä".repeat(200));
  write(recorded.recording, bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(recorded.names(), [`${"ä".repeat(54)}_${STAMP}.ts`]);
});

for (const [what, number] of [["EINVAL", 22], ["EILSEQ", 84]] as const) {
  Deno.test(`Recording falls back to ASCII if the file system rejects a name with ${what}`, async () => {
    using folder = new TemporaryFolder();
    const recorded = recordIn(folder, {
      createFile: (path) => {
        if (/\P{ASCII}/u.test(path)) throw new Error(`(os error ${number})`);
        return createNewFile(path);
      },
    }, "Bühne 録画 2");
    write(recorded.recording, bytesFrom(0, 3));
    await recorded.recording.close(DEADLINE_MS);
    assert.deepEqual(recorded.names(), [`Buhne_2_${STAMP}.ts`]);
  });
}

Deno.test("Recording reports a folder that does not exist as a failure, and ignores further payload", async () => {
  const recorded = new Recorded({ kind: "file", directory: "/nowhere/at/all", names: namesOf("cam") });
  await recorded.recording.opened;
  write(recorded.recording, bytesFrom(0, 3));
  const { failure } = recorded.recording;
  assert.equal(failure?.reason, "write-failed");
  assert.match(failure.message, /^cannot create \/nowhere\/at\/all\/cam_.*: no such file or directory$/);
  await recorded.recording.close(DEADLINE_MS);
  assert.equal(recorded.recording.unsafe, null);
  assert.deepEqual([recorded.recording.acceptedBytes, recorded.recording.file], [0, null]);
});
