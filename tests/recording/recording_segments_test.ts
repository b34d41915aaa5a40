/** Tests of segments: mod/recording/cutter.ts, and recordings whose files are cut. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNewFile } from "../../mod/os/new_file.ts";
import { Cutter, GRACE_MS, type PlaceFinder } from "../../mod/recording/cutter.ts";
import type { SegmentRules } from "../../mod/recording/segment_schedule.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { bytesFrom, createWith, recordIn, write } from "./recorded.ts";

const RULES: SegmentRules = { everyMs: null, isAligned: false, atMs: [], bytes: null, utc: true };
const CLOSE_MS = 60_000;

/** Cuts at the first byte 200 that it finds. Everything before it is decided. */
class ByteFinder implements PlaceFinder {
  cut: number | null = null;
  decidedBytes = 0;
  push(payload: Uint8Array): void {
    const at = payload.indexOf(200);
    if (at >= 0) this.cut = this.decidedBytes + at;
    this.decidedBytes = this.cut ?? this.decidedBytes + payload.length;
  }
  settle(): number {
    return this.cut ??= this.decidedBytes;
  }
}

/** Decides nothing by itself. */
class HoldingFinder extends ByteFinder {
  override push(): void {}
  override settle(): number {
    return this.cut = 0;
  }
}

function read(folder: TemporaryFolder, name: string): number[] {
  return [...Deno.readFileSync(folder.file(name))];
}

Deno.test("a recording continues in a new file where its finder cuts it, without a byte lost or passed to the wrong file's taps", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 300 }, newFinder: () => new ByteFinder() });
  for (let at = 0; at < 1000; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await recorded.recording.close(CLOSE_MS);
  const parts = recorded.names().map((name) => read(folder, name));
  deepStrictEqual(parts.map(({ length }) => length), [451, 502, 47]); // the byte 200 is at the offsets 200, 451, 702 and 953
  deepStrictEqual(parts.flat(), [...bytesFrom(0, 1000)]);
  deepStrictEqual(recorded.tapped, parts);
  const changes = recorded.events.filter((event) => event.kind === "next-file");
  deepStrictEqual(changes.map(({ cause, previousBytes }) => [cause, previousBytes]), [["segment", 451], [
    "segment",
    502,
  ]]);
});

Deno.test("a recording continues in a new file once that is ordered, without a byte lost", async () => {
  using folder = new TemporaryFolder();
  const { recording, events } = recordIn(folder);
  strictEqual(recording.cut(() => new ByteFinder()), "nothing has been recorded yet");
  write(recording, bytesFrom(0, 100));
  strictEqual(recording.cut(() => new ByteFinder()), null);
  for (let at = 100; at < 1000; at += 100) write(recording, bytesFrom(at, 100));
  await recording.close(CLOSE_MS);
  strictEqual(recording.cut(() => new ByteFinder()), "its recording has ended");
  const parts = recording.files.map((file) => [...Deno.readFileSync(file)]);
  deepStrictEqual(parts.map(({ length }) => length), [200, 800]);
  deepStrictEqual(parts.flat(), [...bytesFrom(0, 1000)]);
  deepStrictEqual(events.map((event) => event.kind === "next-file" ? event.cause : event.kind), ["opened", "order"]);
});

Deno.test("an order for a new file is served by a search that is in progress", () => {
  let wallMs = 1000;
  const cutter = new Cutter({
    rules: { ...RULES, everyMs: 1000 },
    wallMs: () => wallMs,
    newFinder: () => new ByteFinder(),
  });
  wallMs = 2000;
  cutter.push(bytesFrom(0, 100), 0); // due
  cutter.order(() => new ByteFinder());
  cutter.push(bytesFrom(100, 151), 100);
  deepStrictEqual([cutter.next, cutter.passed()], [200, true]);
  cutter.push(bytesFrom(0, 251), 251);
  strictEqual(cutter.next, null);
});

Deno.test("a file that reaches its size in the middle of one batch is cut in that batch", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 300 }, newFinder: () => new ByteFinder() });
  write(recorded.recording, bytesFrom(0, 1000));
  await recorded.recording.close(CLOSE_MS);
  const parts = recorded.names().map((name) => read(folder, name));
  deepStrictEqual(parts.map(({ length }) => length), [451, 549]);
  deepStrictEqual(parts.flat(), [...bytesFrom(0, 1000)]);
});

Deno.test("a recording that ends during the search for a place to cut stays in one file", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 100 }, newFinder: () => new ByteFinder() });
  write(recorded.recording, bytesFrom(0, 100));
  write(recorded.recording, bytesFrom(100, 100)); // ends before the byte 200
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().map((name) => read(folder, name).length), [200]);
});

Deno.test("what a finder holds back is written at the end", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 1 }, newFinder: () => new HoldingFinder() });
  write(recorded.recording, bytesFrom(0, 100));
  write(recorded.recording, bytesFrom(100, 100));
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().flatMap((name) => read(folder, name)), [...bytesFrom(0, 200)]);
});

Deno.test("what a finder holds back is not reported as waiting for the disk", async () => {
  using folder = new TemporaryFolder();
  let [nowMs, asked] = [0, 0];
  const now = () => {
    asked += 1;
    return nowMs;
  };
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 1 }, newFinder: () => new HoldingFinder(), now });
  await recorded.recording.opened;
  for (let at = 0; at < 200; at += 100) write(recorded.recording, bytesFrom(at, 100));
  nowMs = GRACE_MS - 1;
  const before = asked;
  await waitUntil("ten checks of the disk", () => asked >= before + 10);
  deepStrictEqual(recorded.events.map(({ kind }) => kind), ["opened"]);
  await recorded.recording.close(CLOSE_MS);
});

Deno.test("if a new file cannot be created, the recording stays in the old file until the next new file is due", async () => {
  using folder = new TemporaryFolder();
  let created = 0;
  const recorded = recordIn(folder, {
    segments: { ...RULES, bytes: 300 },
    newFinder: () => new ByteFinder(),
    createFile: (path) => {
      created += 1;
      return created === 2 ? Promise.reject(new Deno.errors.PermissionDenied("denied")) : createNewFile(path);
    },
  });
  for (let at = 0; at < 1000; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().map((name) => read(folder, name).length), [953, 47]);
  const failed = recorded.events.find((event) => event.kind === "not-cut");
  match(failed?.text ?? "", /^cannot create .*; the recording continues in .*\.ts$/);
  strictEqual(recorded.recording.failure, null);
});

Deno.test("a file that is deleted before its recording continues in the next is reported, and not listed as a file of the recording", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, {
    segments: { ...RULES, bytes: 300 },
    newFinder: () => new ByteFinder(),
    tickMs: 1e6,
  });
  for (let at = 0; at < 400; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await waitUntil("the first file", () => recorded.recording.writtenBytes === 400);
  const [first = ""] = recorded.names();
  Deno.removeSync(folder.file(first));
  for (let at = 400; at < 600; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().map((name) => read(folder, name)), [[...bytesFrom(451, 149)]]);
  deepStrictEqual(recorded.events.map(({ kind }) => kind), ["opened", "gone", "next-file"]);
  match(recorded.recording.gone ?? "", /was removed or replaced while it was being written/);
  match(recorded.names()[0] ?? "", /^cam_.*\.ts$/);
});

Deno.test("if the end of a file cannot be synced to the disk, the recording ends, and no empty next file is left", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, {
    segments: { ...RULES, bytes: 300 },
    newFinder: () => new ByteFinder(),
    createFile: createWith(() => ({ syncData: () => Promise.reject(new Error("Input/output error (os error 5)")) })),
    tickMs: 1e6,
  });
  for (let at = 0; at < 600; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(folder.names().length, 1);
  match(recorded.recording.failure?.message ?? "", /^cannot write .* to the disk/);
});

Deno.test("a cutter ends the search after its grace time, and when too much is held back", () => {
  let wallMs = 0;
  const cutter = new Cutter({
    rules: { ...RULES, everyMs: 1000 },
    wallMs: () => wallMs,
    newFinder: () => new HoldingFinder(),
  });
  cutter.push(new Uint8Array(100), 0);
  deepStrictEqual([cutter.next, cutter.limit], [null, Infinity]);
  wallMs = 1000;
  cutter.push(new Uint8Array(100), 100);
  deepStrictEqual([cutter.next, cutter.limit], [null, 100]);
  wallMs += GRACE_MS;
  cutter.push(new Uint8Array(100), 200);
  deepStrictEqual([cutter.next, cutter.limit], [100, 100]);
  cutter.passed();
  strictEqual(cutter.limit, Infinity);
  wallMs += 1000;
  for (let offset = 300; cutter.next === null; offset += 1e6) {
    ok(offset < 3e7);
    cutter.push(new Uint8Array(1e6), offset);
  }
  strictEqual(cutter.next, 300);
});
