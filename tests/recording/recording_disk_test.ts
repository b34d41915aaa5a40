import assert from "node:assert/strict";

import { createNewFile } from "../../mod/os/new_file.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { bytesFrom, createWith, recordIn, write } from "./recorded.ts";

for (
  const [text, reason, expected] of [
    ["No space left on device (os error 28)", "disk-full", /: no space left on device$/],
    ["Disk quota exceeded (os error 122)", "disk-full", /: disk quota exceeded$/],
    ["Transport endpoint is not connected (os error 107)", "write-failed", /the disk or network mount is gone/],
    ["Stale file handle (os error 116)", "write-failed", /the disk or network mount is gone/],
    ["Operation not permitted (os error 1)", "write-failed", /: operation not permitted$/],
  ] as const
) {
  Deno.test(`Recording ends as ${reason} for "${text}", and the taps get the payload that was written before`, async () => {
    using folder = new TemporaryFolder();
    let left = 2;
    const { recording, tapped } = recordIn(folder, {
      createFile: createWith((file) => ({
        write: async (bytes) => {
          left -= 1;
          if (left < 0) throw new Error(text);
          return await file.write(bytes.subarray(0, 1));
        },
      })),
    });
    write(recording, bytesFrom(0, 5));
    await recording.close(DEADLINE_MS);
    assert.equal(recording.failure?.reason, reason);
    assert.match(recording.failure.message, expected);
    assert.deepEqual([recording.writtenBytes, tapped, recording.files.length], [2, [[0, 1]], 1]);
  });
}

Deno.test("Recording names no file in its failure if the file is empty and removed", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, {
    createFile: createWith(() => ({ write: () => Promise.reject(new Error("No space left (os error 28)")) })),
  });
  write(recording, bytesFrom(0, 5));
  await recording.close(DEADLINE_MS);
  assert.match(recording.failure?.message ?? "", /^cannot begin to write the recording: no space left$/);
  assert.deepEqual([recording.file, folder.names()], [null, []]);
});

Deno.test("Recording reports payload that was lost when it was synced to the disk", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, {
    createFile: createWith(() => ({ syncData: () => Promise.reject(new Error("Input/output error (os error 5)")) })),
  });
  write(recording, bytesFrom(0, 3));
  await recording.close(DEADLINE_MS);
  assert.equal(recording.failure?.reason, "write-failed");
  assert.match(recording.failure.message, /^cannot write .*\.ts to the disk: .*\(input\/output error\)$/);
});

Deno.test("Recording syncs payload to the disk while the session runs, and reports a failure at once", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, {
    createFile: createWith(() => ({ syncData: () => Promise.reject(new Error("No space left (os error 28)")) })),
  });
  write(recorded.recording, bytesFrom(0, 3));
  await recorded.event("failed");
  assert.equal(recorded.recording.failure?.reason, "disk-full");
  await recorded.recording.close(DEADLINE_MS);
});

Deno.test("Recording writes the last payload before its end if the payload arrives while the disk is busy", async () => {
  using folder = new TemporaryFolder();
  const written = Promise.withResolvers<void>();
  const busy = Promise.withResolvers<void>();
  const free = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, {
    tickMs: 200,
    taps: [() => written.resolve()],
    createFile: createWith((file) => ({
      syncData: async () => {
        busy.resolve();
        await free.promise;
        await file.syncData();
      },
    })),
  });
  write(recording, bytesFrom(0, 3));
  await written.promise; // before the first tick, so no payload waits when the file is synced
  await busy.promise;
  write(recording, bytesFrom(3, 4));
  const closed = recording.close(DEADLINE_MS);
  free.resolve();
  await closed;
  assert.deepEqual(Deno.readFileSync(recording.file ?? ""), bytesFrom(0, 7));
});

Deno.test("Recording drops a payload as a whole if it does not fit into the limit, reports each gap and continues", async () => {
  using folder = new TemporaryFolder();
  let nowMs = 0;
  const open = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, {
    limitBytes: 10,
    now: () => nowMs,
    createFile: (path) => open.promise.then(() => createNewFile(path)),
  });
  for (const length of [6, 5, 7]) {
    nowMs += 40;
    write(recording, bytesFrom(0, length));
  }
  assert.deepEqual(recording.dropped, [{ offset: 6, bytes: 12, sinceMs: 80, untilMs: 120 }]);
  write(recording, bytesFrom(6, 4));
  write(recording, bytesFrom(0, 1));
  open.resolve();
  await recording.close(DEADLINE_MS);
  assert.deepEqual(recording.dropped.map(({ offset, bytes }) => [offset, bytes]), [[6, 12], [10, 1]]);
  assert.deepEqual(Deno.readFileSync(recording.file ?? ""), bytesFrom(0, 10));
  assert.equal(recording.acceptedBytes, 10);
});

Deno.test("Recording reports a stalled disk with folder and file system, and the end of the stall", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const startMs = performance.now();
  const recorded = recordIn(folder, {
    now: () => startMs + 20 * (performance.now() - startMs), // 2 s pass in 100 ms
    fileSystemOf: () => "ext4",
    createFile: createWith((file) => ({ write: (bytes) => thaw.promise.then(() => file.write(bytes)) })),
  });
  write(recorded.recording, bytesFrom(0, 3));
  const stalled = await recorded.event("stalled");
  assert.match(
    stalled.kind === "stalled" ? stalled.text : "",
    /does not answer: \/.* \(ext4\); payload waits in memory/,
  );
  thaw.resolve();
  const resumed = await recorded.event("resumed");
  assert.match(resumed.kind === "resumed" ? resumed.text : "", /answers again after \d.* s: nothing was lost/);
  await recorded.recording.close(DEADLINE_MS);
});

Deno.test("Recording stops waiting for a disk at the deadline, and names what may not be on it", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { recording, tapped } = recordIn(folder, {
    createFile: createWith((file) => ({
      write: (bytes) => thaw.promise.then(() => file.write(bytes)),
      close: () => file.close().then(closed.resolve),
    })),
  });
  await recording.opened;
  write(recording, bytesFrom(0, 3000));
  await recording.close(50);
  const { unsafe } = recording;
  assert.match(unsafe ?? "", /cam_.*\.ts: 3\.0 kB are not written: the disk has not answered for \d.* s/);
  thaw.resolve();
  await closed.promise;
  assert.deepEqual(tapped, [[]]);
});

Deno.test("Recording calls no tap after it has stopped waiting for a disk that accepted part of a write", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const stalled = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  let writes = 0;
  const { recording, tapped } = recordIn(folder, {
    createFile: createWith((file) => ({
      write: async (bytes) => {
        writes += 1;
        if (writes === 1) return await file.write(bytes.subarray(0, 1));
        stalled.resolve();
        await thaw.promise;
        return await file.write(bytes);
      },
      close: () => file.close().then(closed.resolve),
    })),
  });
  write(recording, bytesFrom(0, 5));
  await stalled.promise;
  await recording.close(50);
  const before = structuredClone(tapped);
  thaw.resolve();
  await closed.promise;
  assert.deepEqual(tapped, before);
});

Deno.test("Recording reports a disk that answers too slowly as slow", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const written = Promise.withResolvers<void>();
  let nowMs = 0;
  const { recording } = recordIn(folder, {
    now: () => nowMs,
    createFile: createWith((file) => ({
      write: async (bytes) => {
        if (nowMs > 0) await thaw.promise;
        nowMs = 600;
        const length = await file.write(bytes);
        written.resolve();
        return length;
      },
      close: () => file.close().then(closed.resolve),
    })),
  });
  await recording.opened;
  write(recording, bytesFrom(0, 1_200_000)); // more than one write
  await written.promise;
  await recording.close(200);
  const { unsafe } = recording;
  assert.match(unsafe ?? "", / are not written[^:]*: the disk is too slow: payload has waited for 0\.6 s$/);
  thaw.resolve();
  await closed.promise;
});

Deno.test("Recording reports that no file was created if the disk does not answer before the deadline", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, { createFile: (path) => thaw.promise.then(() => createNewFile(path)) });
  await recording.close(50);
  const { unsafe } = recording;
  assert.ok(unsafe?.startsWith(`${folder.path}: `), unsafe ?? "");
  thaw.resolve();
  await recording.opened;
});
