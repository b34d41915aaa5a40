/** Tests of segments: mod/recording/cutter.ts, and recordings whose files are cut. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { createNewFile } from "../../mod/os/new_file.ts";
import { Cutter, GRACE_MS, type PlaceFinder } from "../../mod/recording/cutter.ts";
import type { SegmentRules } from "../../mod/recording/segment_schedule.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { bytesFrom, recordIn, write } from "./recorded.ts";

const RULES: SegmentRules = { everyMs: null, isAligned: false, atMs: [], bytes: null, utc: true };
const CLOSE_MS = 60_000;

/** Cuts at the first byte 200 that it sees. Everything before it is decided. */
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

Deno.test("a recording goes on in a new file where its finder cuts it, without a byte lost or shown to the wrong file", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 300 }, newFinder: () => new ByteFinder() });
  for (let at = 0; at < 1000; at += 100) write(recorded.recording, bytesFrom(at, 100));
  await recorded.recording.close(CLOSE_MS);
  const parts = recorded.names().map((name) => read(folder, name));
  deepStrictEqual(parts.map(({ length }) => length), [451, 502, 47]); // 200, and each 251 bytes later
  deepStrictEqual(parts.flat(), [...bytesFrom(0, 1000)]);
  deepStrictEqual(recorded.shown, parts);
  const changes = recorded.events.filter((event) => event.kind === "next-file");
  deepStrictEqual(changes.map(({ cause, previousBytes }) => [cause, previousBytes]), [["segment", 451], [
    "segment",
    502,
  ]]);
});

Deno.test("a cut at the very end of a recording makes no empty file", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 100 }, newFinder: () => new ByteFinder() });
  write(recorded.recording, bytesFrom(0, 100));
  write(recorded.recording, bytesFrom(100, 100)); // ends before the byte 200
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().map((name) => read(folder, name).length), [200]);
});

Deno.test("what a finder keeps back is written at the end", async () => {
  using folder = new TemporaryFolder();
  const recorded = recordIn(folder, { segments: { ...RULES, bytes: 1 }, newFinder: () => new HoldingFinder() });
  write(recorded.recording, bytesFrom(0, 100));
  write(recorded.recording, bytesFrom(100, 100));
  await recorded.recording.close(CLOSE_MS);
  deepStrictEqual(recorded.names().flatMap((name) => read(folder, name)), [...bytesFrom(0, 200)]);
});

Deno.test("what a finder keeps back is not reported as waiting for the disk", async () => {
  using folder = new TemporaryFolder();
  let nowMs = 0;
  const segments = { ...RULES, bytes: 1 };
  const recorded = recordIn(folder, { segments, newFinder: () => new HoldingFinder(), now: () => nowMs });
  await recorded.recording.opened;
  for (let at = 0; at < 200; at += 100) write(recorded.recording, bytesFrom(at, 100));
  nowMs = GRACE_MS - 1;
  await new Promise((resolve) => setTimeout(resolve, 100)); // ten checks of the disk
  deepStrictEqual(recorded.events.map(({ kind }) => kind), ["opened"]);
  await recorded.recording.close(CLOSE_MS);
});

Deno.test("a new file that cannot be created leaves the recording in the old one, and is tried again when the next is due", async () => {
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
  match(failed?.text ?? "", /^cannot create .*; the recording goes on in .*\.ts$/);
  strictEqual(recorded.recording.failure, null);
});

Deno.test("a cutter gives the search up after its grace time, and with too much kept back", () => {
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

Deno.test("an order makes a new file due at once", () => {
  const cutter = new Cutter({ rules: RULES, wallMs: () => 0, newFinder: () => new ByteFinder() });
  cutter.push(bytesFrom(0, 250), 0);
  strictEqual(cutter.next, null);
  cutter.order();
  cutter.push(bytesFrom(250, 250), 250);
  strictEqual(cutter.next, 451);
});
