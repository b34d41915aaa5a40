import assert from "node:assert/strict";

import { createNewFile } from "../../mod/os/new_file.ts";
import { Recording, type RecordingOptions, type SinkRequest } from "../../mod/recording/recording.ts";
import type { RecordingEvent } from "../../mod/recording/recording_event.ts";
import type { CreateFile, DiskFile } from "../../mod/recording/recording_file.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
const STAMP = "2026-01-02_03-04-05";
const DEADLINE_MS = 20_000;

/** A recording in a folder of its own, with all that it reports. */
class Recorded {
  readonly events: RecordingEvent[] = [];
  /** What taps were shown, for each file. */
  readonly shown: number[][] = [[]];
  readonly recording: Recording;
  #seen: (() => void)[] = [];

  constructor(request: SinkRequest, options: Partial<RecordingOptions> = {}) {
    this.recording = Recording.start(request, {
      startMs: START_MS,
      now: () => performance.now(),
      onEvent: (event) => {
        this.events.push(event);
        if (event.kind === "next-file") this.shown.push([]);
        for (const wake of this.#seen) wake();
      },
      taps: [(payload) => {
        for (const byte of payload) this.shown.at(-1)?.push(byte);
      }],
      tickMs: 10,
      ...options,
    });
  }

  /** Waits for an event. */
  async event(kind: RecordingEvent["kind"]): Promise<RecordingEvent> {
    while (true) {
      const event = this.events.find((event) => event.kind === kind);
      if (event !== undefined) return event;
      await new Promise<void>((resolve) => this.#seen.push(resolve));
    }
  }

  /** Names of the files, as the recording gives them. */
  names(): readonly string[] {
    return this.recording.files.map((file) => file.slice(file.lastIndexOf("/") + 1));
  }
}

function recordIn(folder: TemporaryFolder, options: Partial<RecordingOptions> = {}, name = "cam"): Recorded {
  return new Recorded({ kind: "file", directory: folder.path, name, utc: true }, options);
}

function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (start + index) % 251);
}

/** Creates files, with some of their calls replaced. */
function createWith(calls: (file: Deno.FsFile) => Partial<DiskFile>): CreateFile {
  return async (path) => {
    const file = await createNewFile(path);
    return {
      write: (bytes) => file.write(bytes),
      syncData: () => file.syncData(),
      truncate: (length) => file.truncate(length),
      stat: () => file.stat(),
      lock: (exclusive) => file.lock(exclusive),
      close: () => file.close(),
      ...calls(file),
    };
  };
}

/** Creates files that accept `limit` bytes, as on a file system with such a limit. */
function createLimited(limit: number): CreateFile {
  return createWith((file) => {
    let size = 0;
    return {
      write: async (bytes) => {
        if (size >= limit) throw new Error("File too large (os error 27)");
        const written = await file.write(bytes.subarray(0, limit - size));
        size += written;
        return written;
      },
    };
  });
}

Deno.test("Recording writes the payload to a file named after stream and time", async () => {
  using folder = new TemporaryFolder();
  const { recording, events, shown } = recordIn(folder);
  recording.write(bytesFrom(0, 3));
  recording.write(bytesFrom(3, 500_000));
  assert.deepEqual(await recording.close(DEADLINE_MS), { unsafe: null });
  const file = folder.file(`cam_${STAMP}.ts`);
  assert.deepEqual([recording.file, recording.files, recording.writtenBytes], [file, [file], 500_003]);
  assert.deepEqual(Deno.readFileSync(file), bytesFrom(0, 500_003));
  assert.deepEqual(shown, [[...bytesFrom(0, 500_003)]]);
  assert.deepEqual(events, [{ kind: "opened", file }]);
});

Deno.test("Recording accepts payload before its file is open", async () => {
  using folder = new TemporaryFolder();
  const open = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, { createFile: (path) => open.promise.then(() => createNewFile(path)) });
  recording.write(bytesFrom(0, 3));
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
  const { recording, shown } = new Recorded({ kind: "none" });
  await recording.opened;
  recording.write(bytesFrom(0, 3));
  recording.write(bytesFrom(3, 2));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.acceptedBytes, recording.writtenBytes, recording.files], [5, 5, []]);
  assert.deepEqual(shown, [[0, 1, 2, 3, 4]]);
});

Deno.test("Recording appends a number if a name is taken, and does not touch the existing file", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file(`cam_${STAMP}.ts`), "precious");
  const recorded = recordIn(folder);
  recorded.recording.write(bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(recorded.names(), [`cam_${STAMP}-2.ts`]);
  assert.equal(Deno.readTextFileSync(folder.file(`cam_${STAMP}.ts`)), "precious");
});

Deno.test("Recording does not write through a symbolic link, even a broken one", async () => {
  using folder = new TemporaryFolder();
  Deno.symlinkSync(folder.file("elsewhere"), folder.file(`cam_${STAMP}.ts`));
  const recorded = recordIn(folder);
  recorded.recording.write(bytesFrom(0, 3));
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual(folder.names(), [`cam_${STAMP}-2.ts`, `cam_${STAMP}.ts`]);
});

Deno.test("Recording does not use a name whose sidecar exists", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file(`cam_${STAMP}.ts.json`), "{}");
  const recorded = recordIn(folder);
  recorded.recording.write(bytesFrom(0, 3));
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
  recorded.recording.write(bytesFrom(0, 3));
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
    recorded.recording.write(bytesFrom(0, 3));
    await recorded.recording.close(DEADLINE_MS);
    assert.deepEqual(recorded.names(), [`Buhne_2_${STAMP}.ts`]);
  });
}

Deno.test("Recording reports a folder that does not exist as a failure, and ignores further payload", async () => {
  const recorded = new Recorded({ kind: "file", directory: "/nowhere/at/all", name: "cam", utc: true });
  await recorded.recording.opened;
  recorded.recording.write(bytesFrom(0, 3));
  const { failure } = recorded.recording;
  assert.equal(failure?.reason, "write-failed");
  assert.match(failure.message, /^cannot create \/nowhere\/at\/all\/cam_.*: No such file/);
  assert.deepEqual(await recorded.recording.close(DEADLINE_MS), { unsafe: null });
  assert.deepEqual([recorded.recording.acceptedBytes, recorded.recording.file], [0, null]);
});

for (
  const [text, reason, expected] of [
    ["No space left on device (os error 28)", "disk-full", /: No space left on device/],
    ["Disk quota exceeded (os error 122)", "disk-full", /: Disk quota exceeded/],
    ["Transport endpoint is not connected (os error 107)", "write-failed", /the disk or network mount is gone/],
    ["Stale file handle (os error 116)", "write-failed", /the disk or network mount is gone/],
    ["Operation not permitted (os error 1)", "write-failed", /: Operation not permitted/],
  ] as const
) {
  Deno.test(`Recording ends as ${reason} for "${text}", and the taps get what was written before`, async () => {
    using folder = new TemporaryFolder();
    let left = 2;
    const { recording, shown } = recordIn(folder, {
      createFile: createWith((file) => ({
        write: async (bytes) => {
          left -= 1;
          if (left < 0) throw new Error(text);
          return await file.write(bytes.subarray(0, 1));
        },
      })),
    });
    recording.write(bytesFrom(0, 5));
    await recording.close(DEADLINE_MS);
    assert.equal(recording.failure?.reason, reason);
    assert.match(recording.failure.message, expected);
    assert.deepEqual([recording.writtenBytes, shown, recording.files.length], [2, [[0, 1]], 1]);
  });
}

Deno.test("Recording names no file in its failure if the file is empty and removed", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, {
    createFile: createWith(() => ({ write: () => Promise.reject(new Error("No space left (os error 28)")) })),
  });
  recording.write(bytesFrom(0, 5));
  await recording.close(DEADLINE_MS);
  assert.match(recording.failure?.message ?? "", /^cannot write anything of the recording: No space left/);
  assert.deepEqual([recording.file, folder.names()], [null, []]);
});

Deno.test("Recording reports payload that was lost when it was forced onto the disk", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, {
    createFile: createWith(() => ({ syncData: () => Promise.reject(new Error("Input/output error (os error 5)")) })),
  });
  recording.write(bytesFrom(0, 3));
  await recording.close(DEADLINE_MS);
  assert.equal(recording.failure?.reason, "write-failed");
  assert.match(recording.failure.message, /^cannot write .*\.ts to the disk: .*Input\/output error/);
});

Deno.test("Recording forces payload onto the disk while the session runs, and reports a failure at once", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, {
    createFile: createWith(() => ({ syncData: () => Promise.reject(new Error("No space left (os error 28)")) })),
  });
  recorded.recording.write(bytesFrom(0, 3));
  await recorded.event("failed");
  assert.equal(recorded.recording.failure?.reason, "disk-full");
  await recorded.recording.close(DEADLINE_MS);
});

Deno.test("Recording goes on in another file at a size limit, and cuts between TS packets", async () => {
  using folder = new TemporaryFolder();
  const limit = 188 * 400 + 100;
  const recorded = recordIn(folder, { createFile: createLimited(limit) });
  const payload = bytesFrom(0, 188 * 1000);
  for (let offset = 0; offset < payload.length; offset += 1316) {
    recorded.recording.write(payload.subarray(offset, offset + 1316));
  }
  await recorded.recording.close(DEADLINE_MS);
  const { recording, shown, events } = recorded;
  assert.deepEqual(recorded.names(), [`cam_${STAMP}.ts`, `cam_${STAMP}-2.ts`, `cam_${STAMP}-3.ts`]);
  const files = recording.files.map((file) => Deno.readFileSync(file));
  assert.deepEqual(files.map((file) => file.length / 188), [400, 400, 200]);
  assert.deepEqual(Uint8Array.from(files.flatMap((file) => [...file])), payload);
  assert.deepEqual(shown, files.map((file) => [...file]));
  assert.deepEqual([recording.writtenBytes, recording.acceptedBytes], [payload.length, payload.length]);
  const next = events.find(({ kind }) => kind === "next-file");
  assert.deepEqual(next?.kind === "next-file" && [next.previous, next.previousBytes, next.file], [
    recording.files[0],
    188 * 400,
    recording.files[1],
  ]);
});

Deno.test("Recording ends as disk-full if the disk is full when it goes on in another file", async () => {
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
  recording.write(bytesFrom(0, 188 * 1000));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.writtenBytes, folder.names().length], [
    "disk-full",
    188 * 400,
    1,
  ]);
});

Deno.test("Recording leaves no empty file behind if the full one cannot be forced onto the disk", async () => {
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
  recording.write(bytesFrom(0, 188 * 1000));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.files.length, folder.names().length], ["write-failed", 1, 1]);
});

Deno.test("Recording creates no other file if the limit is too small", async () => {
  using folder = new TemporaryFolder();
  const { recording } = recordIn(folder, { createFile: createLimited(100) });
  recording.write(bytesFrom(0, 1316));
  await recording.close(DEADLINE_MS);
  assert.deepEqual([recording.failure?.reason, recording.writtenBytes, folder.names().length], [
    "write-failed",
    100,
    1,
  ]);
});

Deno.test("Recording drops whole payloads while more waits than its limit, reports the gap and goes on", async () => {
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
    recording.write(bytesFrom(0, length));
  }
  assert.deepEqual(recording.dropped, [{ offset: 6, bytes: 12, sinceMs: 80, untilMs: 120 }]);
  recording.write(bytesFrom(6, 4));
  recording.write(bytesFrom(0, 1));
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
  recorded.recording.write(bytesFrom(0, 3));
  const stalled = await recorded.event("stalled");
  assert.match(
    stalled.kind === "stalled" ? stalled.text : "",
    /does not answer: \/.* \(ext4\); payload waits in memory/,
  );
  thaw.resolve();
  const resumed = await recorded.event("resumed");
  assert.match(resumed.kind === "resumed" ? resumed.text : "", /answers again after \d.* s: nothing is lost/);
  await recorded.recording.close(DEADLINE_MS);
});

Deno.test("Recording stops waiting for a disk at the deadline, and names what may not be on it", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { recording, shown } = recordIn(folder, {
    createFile: createWith((file) => ({
      write: (bytes) => thaw.promise.then(() => file.write(bytes)),
      close: () => closed.resolve(file.close()),
    })),
  });
  await recording.opened;
  recording.write(bytesFrom(0, 3000));
  const { unsafe } = await recording.close(50);
  assert.match(unsafe ?? "", /cam_.*\.ts: 3\.0 kB are not written: the disk has not answered for 0\.\d s/);
  thaw.resolve();
  await closed.promise;
  assert.deepEqual(shown, [[]]);
});

Deno.test("Recording reports that no file was created if the disk does not answer until the deadline", async () => {
  using folder = new TemporaryFolder();
  const thaw = Promise.withResolvers<void>();
  const { recording } = recordIn(folder, { createFile: (path) => thaw.promise.then(() => createNewFile(path)) });
  const { unsafe } = await recording.close(50);
  assert.ok(unsafe?.startsWith(`${folder.path}: `), unsafe ?? "");
  thaw.resolve();
  await recording.opened;
});

for (
  const [what, takeAway, text] of [
    ["removed", (path: string) => Deno.removeSync(path), /was removed or replaced .*what arrived is lost/],
    ["moved", (path: string) => Deno.renameSync(path, `${path}.moved`), /was moved or renamed .*what arrived is in it/],
    ["replaced", (path: string) => {
      Deno.copyFileSync(path, `${path}.copy`);
      Deno.renameSync(`${path}.copy`, path);
    }, /was removed or replaced .*what arrived is lost/],
  ] as const
) {
  Deno.test(`Recording reports a file that is ${what}, and names none at the end`, async () => {
    using folder = new TemporaryFolder();
    const written = Promise.withResolvers<void>();
    const recorded = recordIn(folder, { taps: [() => written.resolve()] });
    recorded.recording.write(bytesFrom(0, 3));
    await written.promise;
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
  recorded.recording.write(bytesFrom(0, 3));
  await written.promise;
  const file = recorded.recording.file ?? "";
  Deno.renameSync(file, `${file}.moved`);
  await recorded.event("gone");
  Deno.renameSync(`${file}.moved`, file);
  await recorded.recording.close(DEADLINE_MS);
  assert.deepEqual([recorded.recording.gone, recorded.recording.file], [null, file]);
});

Deno.test("Recording does not report a file as gone if a disk gives path and handle different numbers", async () => {
  using folder = new TemporaryFolder();
  const { recording, events } = recordIn(folder, {
    createFile: createWith(() => ({ stat: async () => ({ ...await Deno.stat(folder.path), ino: 1 }) })),
  });
  recording.write(bytesFrom(0, 3));
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
