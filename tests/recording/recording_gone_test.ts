import assert from "node:assert/strict";

import { DEADLINE_MS } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { bytesFrom, createWith, recordIn, STAMP, write } from "./recorded.ts";

for (
  const [what, takeAway, text] of [
    ["removed", (path: string) => Deno.removeSync(path), /was removed or replaced .*what arrived is lost/],
    ["moved", (path: string) => Deno.renameSync(path, `${path}.moved`), /was moved or renamed .*what arrived is in it/],
    ["replaced", (path: string) => {
      Deno.copyFileSync(path, `${path}.copy`);
      Deno.renameSync(`${path}.copy`, path);
    }, /was removed or replaced .*what arrived is lost/],
    ["truncated", (path: string) => Deno.truncateSync(path), /was truncated or changed .*not complete in it/],
    [
      "overwritten by a larger one",
      (path: string) => Deno.writeFileSync(path, bytesFrom(0, 500)),
      /was truncated or changed .*not complete in it/,
    ],
  ] as const
) {
  Deno.test(`Recording reports a file that is ${what}, and names none at the end`, async () => {
    using folder = new TemporaryFolder();
    const recorded = recordIn(folder);
    for (const bytes of [2, 3]) { // its size is read before each write
      write(recorded.recording, bytesFrom(0, bytes));
      await waitUntil("the payload", () => recorded.recording.writtenBytes === recorded.recording.acceptedBytes);
    }
    takeAway(recorded.recording.file ?? "");
    const gone = await recorded.event("gone");
    assert.match(gone.kind === "gone" ? gone.text : "", text);
    await recorded.recording.close(DEADLINE_MS);
    assert.match(recorded.recording.gone ?? "", text);
    assert.deepEqual([recorded.recording.file, recorded.recording.files], [null, []]);
  });
}

Deno.test("Recording loses nothing if its file is moved away and put back", async () => {
  using folder = new TemporaryFolder();
  const written = Promise.withResolvers<void>();
  const recorded = recordIn(folder, { taps: [() => written.resolve()] });
  write(recorded.recording, bytesFrom(0, 3));
  await written.promise;
  const file = recorded.recording.file ?? "";
  Deno.renameSync(file, `${file}.moved`);
  await recorded.event("gone");
  Deno.renameSync(`${file}.moved`, file);
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual([recorded.recording.gone, recorded.recording.file], [null, file]);
});

Deno.test("Recording notices that its file was truncated although payload was written after that", async () => {
  using folder = new TemporaryFolder();
  let syncedBytes = 0;
  const { recording } = recordIn(folder, {
    createFile: createWith((file) => ({
      syncData: async () => {
        const bytes = recording.writtenBytes;
        await file.syncData();
        syncedBytes = bytes;
      },
    })),
  });
  write(recording, bytesFrom(0, 2));
  await waitUntil("a sync", () => syncedBytes === 2);
  write(recording, bytesFrom(2, 1)); // its size is read before this write
  await waitUntil("a sync", () => syncedBytes === 3);
  Deno.truncateSync(recording.file ?? "");
  write(recording, bytesFrom(3, 5));
  await recording.close(DEADLINE_MS);
  assert.match(recording.gone ?? "", /was truncated or changed while it was being written/);
  assert.deepEqual(recording.files, []);
});

Deno.test("Recording does not report a file system that counts what was written later", async () => {
  using folder = new TemporaryFolder();
  const { recording, events } = recordIn(folder, {
    createFile: createWith((file) => ({
      write: (bytes) => Promise.resolve(bytes.length), // never seen at the path
      syncData: () => file.syncData(),
    })),
  });
  for (const bytes of [1, 2, 3]) {
    write(recording, bytesFrom(bytes - 1, 1));
    await waitUntil("the payload", () => recording.writtenBytes === bytes);
  }
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.gone, events.length, recording.files.length], [null, 1, 1]);
});

Deno.test("Recording reports a file that was removed while it was empty once payload is written", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder);
  await recorded.recording.opened;
  Deno.removeSync(recorded.recording.file ?? "");
  write(recorded.recording, bytesFrom(0, 3));
  const gone = await recorded.event("gone");
  assert.match(gone.kind === "gone" ? gone.text : "", /was removed or replaced/);
  await recorded.recording.close(DEADLINE_MS);
});

Deno.test("Recording keeps a file in which a failed write has left some bytes", async () => {
  using folder = new TemporaryFolder();
  let writes = 0;
  const { recording } = recordIn(folder, {
    createFile: createWith((file) => ({
      write: async (bytes) => {
        writes += 1;
        const written = await file.write(bytes);
        if (writes === 2) throw new Error("No space left on device (os error 28)");
        return written;
      },
    })),
    tickMs: 1e6,
  });
  write(recording, bytesFrom(0, 3));
  await waitUntil("the payload", () => recording.writtenBytes === 3);
  write(recording, bytesFrom(3, 5));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.gone, recording.files.length], ["disk-full", null, 1]);
});

Deno.test("Recording does not report a file as gone if a file system reports different inode numbers for its path and its handle", async () => {
  using folder = new TemporaryFolder();
  const { recording, events } = recordIn(folder, {
    createFile: createWith((file) => ({ stat: async () => ({ ...await file.stat(), ino: 1 }) })),
  });
  write(recording, bytesFrom(0, 3));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.gone, events.length], [null, 1]);
});

Deno.test("Recording does not remove a file that took the place of an empty recording", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder);
  await recording.opened;
  Deno.removeSync(recording.file ?? "");
  Deno.writeTextFileSync(recording.file ?? "", "precious");
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.file, recording.gone, folder.names()], [null, null, [`cam_${STAMP}.ts`]]);
});
