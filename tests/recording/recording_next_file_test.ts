import assert from "node:assert/strict";

import { DEADLINE_MS } from "../support/deadline.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { bytesFrom, createLimited, createWith, recordIn, STAMP, write } from "./recorded.ts";

Deno.test("Recording continues in another file at a size limit, and cuts between TS packets", async () => {
  using folder = new TemporaryFolder();
  const limit = 188 * 400 + 100;
  const recorded = recordIn(folder, { createFile: createLimited(limit) });
  const payload = bytesFrom(0, 188 * 1000);
  for (let offset = 0; offset < payload.length; offset += 1316) {
    write(recorded.recording, payload.subarray(offset, offset + 1316));
  }
  await recorded.recording.close(DEADLINE_MS);
  const { recording, tapped, events } = recorded;
  assert.deepEqual(recorded.names(), [`cam_${STAMP}.ts`, `cam_${STAMP}-2.ts`, `cam_${STAMP}-3.ts`]);
  const files = recording.files.map((file) => Deno.readFileSync(file));
  assert.deepEqual(files.map((file) => file.length / 188), [400, 400, 200]);
  assert.deepEqual(Uint8Array.from(files.flatMap((file) => [...file])), payload);
  assert.deepEqual(tapped, files.map((file) => [...file]));
  assert.deepEqual([recording.writtenBytes, recording.acceptedBytes], [payload.length, payload.length]);
  const next = events.find(({ kind }) => kind === "next-file");
  assert.deepEqual(next?.kind === "next-file" && [next.previous, next.previousBytes, next.file], [
    recording.files[0],
    188 * 400,
    recording.files[1],
  ]);
});

Deno.test("Recording ends as disk-full if the disk is full when it continues in another file", async () => {
  using folder = new TemporaryFolder();
  const limit = 188 * 400 + 100;
  const createFirst = createLimited(limit);
  const createFull = createWith(() => ({
    write: () => Promise.reject(new Error("No space left on device (os error 28)")),
  }));
  let files = 0;
  const { recording } = recordIn(folder, {
    createFile: (path) => {
      files += 1;
      return files === 1 ? createFirst(path) : createFull(path);
    },
  });
  write(recording, bytesFrom(0, 188 * 1000));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.writtenBytes, folder.names().length], [
    "disk-full",
    188 * 400,
    1,
  ]);
});

Deno.test("Recording leaves no empty file behind if the full file cannot be synced to the disk", async () => {
  using folder = new TemporaryFolder();
  const createFile = createWith((file) => {
    let size = 0;
    return {
      write: async (bytes) => {
        if (size >= 188 * 400) throw new Error("File too large (os error 27)");
        const written = await file.write(bytes.subarray(0, 188 * 400 - size));
        size += written;
        return written;
      },
      syncData: () => size < 188 * 400 ? file.syncData() : Promise.reject(new Error("Input/output error (os error 5)")),
    };
  });
  const { recording } = recordIn(folder, { createFile });
  write(recording, bytesFrom(0, 188 * 1000));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.files.length, folder.names().length], ["write-failed", 1, 1]);
});

Deno.test("Recording creates no other file if the limit is too small", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, { createFile: createLimited(100) });
  write(recording, bytesFrom(0, 1316));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.writtenBytes, folder.names().length], [
    "write-failed",
    100,
    1,
  ]);
});
