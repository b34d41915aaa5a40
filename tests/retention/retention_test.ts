/** Tests of mod/retention/retention.ts with real folders, and mostly with free space that the test chooses. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";

import type { RetentionRules } from "../../mod/retention/plan.ts";
import { Retention } from "../../mod/retention/retention.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { END, SEGMENT, START } from "../report/events_of_a_run.ts";
import { BindMount } from "../support/bind_mount.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { waitUntil } from "../support/processes.ts";
import { placeRecording } from "../support/recordings.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const HOUR_MS = 3_600_000;

/** The retention of a folder; keeps its reports. */
class Kept implements AsyncDisposable {
  readonly warnings: string[] = [];
  readonly events: SplitterEvent[] = [];
  readonly retention: Retention;
  readonly ended: string[] = [];
  /** Free bytes that the disk reports; null: it does not answer. */
  freeBytes: number | null = null;
  /** How often the space was read. */
  checks = 0;
  /** Time that was added to the clock, in ms. */
  laterMs = 0;

  constructor(
    out: string,
    { readSpace = () => this.freeBytes, ...rules }: Partial<RetentionRules> & {
      readonly readSpace?: () => number | null;
    },
  ) {
    this.retention = new Retention({
      out,
      reporter: {
        report: (event) => this.events.push(event),
        warn: (text) => this.warnings.push(text),
        debug: () => {},
      },
      segments: { everyMs: 10_000, bytes: null, isAligned: false, atMs: [], utc: false },
      readSpace: () => {
        this.checks += 1;
        const freeBytes = readSpace();
        return Promise.resolve(freeBytes === null ? null : { freeBytes, totalBytes: 1e12, freeFiles: null, id: 1n });
      },
      endSessions: (sessions) => this.ended.push(...sessions),
      now: () => performance.now() + this.laterMs,
    });
    this.retention.setRules({ keepMs: null, keepBytes: null, minFreeBytes: null, onFull: "stop", ...rules });
  }

  /** Names of the files that were deleted. */
  get deleted(): readonly string[] {
    return this.events.flatMap((event) => event.event === "deleted" ? [nameOf(event.file)] : []);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.retention.close();
  }
}

function nameOf(file: string): string {
  return file.slice(file.lastIndexOf("/") + 1);
}

Deno.test({
  ...needing([MOUNTS], "a recording that cannot be deleted stays, and is reported with the reason"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    const file = placeRecording(`${disk.path}/a.ts`, { ageMs: 2 * HOUR_MS });
    disk.unmount();
    disk.mount({ readOnly: true });
    await using kept = new Kept(disk.path, { keepMs: HOUR_MS });
    await waitUntil("the warning", () => kept.warnings.length > 0);
    const [warning = ""] = kept.warnings;
    match(warning, new RegExp(`^cannot delete ${file}: .*read-only file system.*\ndelete or move it by hand$`, "i"));
    strictEqual(Deno.statSync(file).isFile, true);
    deepStrictEqual(kept.events, []);
  },
});

Deno.test("a folder of recordings that cannot be read is reported", async () => {
  using folder = new TemporaryFolder();
  const gone = folder.file("gone");
  await using kept = new Kept(gone, { keepMs: HOUR_MS });
  await waitUntil("the warning", () => kept.warnings.length > 0);
  match(kept.warnings[0] ?? "", new RegExp(`^cannot read ${gone}, so no recording is deleted: \\S`));
});

/** Places recordings of 100 bytes; the older ones come first. */
function placeRecordings(folder: TemporaryFolder, ...names: readonly string[]): void {
  for (const [index, name] of names.entries()) {
    placeRecording(folder.file(name), { bytes: 100, ageMs: (names.length + 1 - index) * HOUR_MS });
  }
}

function exists(path: string): boolean {
  try {
    return Deno.lstatSync(path).isFile;
  } catch {
    return false;
  }
}

Deno.test("the recordings can grow to --keep-size, and by what is written until the oldest is deleted", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts", "b.ts", "c.ts");
  await using kept = new Kept(folder.path, { keepBytes: 250 });
  strictEqual(kept.retention.maxGrowthBytes(1), null);
  await waitUntil("the end of the pass", () => kept.retention.maxGrowthBytes(1) !== null);
  deepStrictEqual(kept.deleted, ["a.ts"]);
  // a file is deleted once it is a minute old, and a pass may be a minute later; one file more
  strictEqual(kept.retention.maxGrowthBytes(1), 50 + 120 + 10);
});

const MIN_FREE = { minFreeBytes: 1e9, onFull: "oldest" } as const;

Deno.test("to free space on the disk, the oldest recordings are deleted, and no more than necessary", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts", "b.ts", "c.ts");
  // at first, 150 bytes too few are free; a recording is two files
  const readSpace = () => 1e9 - 150 + 100 * (6 - folder.names().length) / 2;
  await using kept = new Kept(folder.path, { ...MIN_FREE, readSpace });
  await waitUntil("the deletions", () => kept.deleted.length >= 2);
  await kept.retention.close();
  deepStrictEqual([kept.deleted, kept.warnings], [["a.ts", "b.ts"], []]);
});

Deno.test("with --on-full stop, nothing is deleted to free space on the disk", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts");
  await using kept = new Kept(folder.path, { ...MIN_FREE, onFull: "stop", readSpace: () => 5e8 });
  await waitUntil("the warning", () => kept.warnings.length > 0);
  await kept.retention.close();
  deepStrictEqual([kept.deleted, kept.retention.refusedBelowBytes], [[], 1e9]);
});

Deno.test({
  ...needing([MOUNTS], "a recording that cannot be deleted does not prevent the deletion of others"),
  fn: async () => {
    using folder = new TemporaryFolder();
    placeRecordings(folder, "a.ts", "b.ts");
    using _held = new BindMount(folder.file("a.ts"), folder.file("a.ts"));
    const readSpace = () => exists(folder.file("b.ts")) ? 1e9 - 100 : 1e9;
    await using kept = new Kept(folder.path, { ...MIN_FREE, readSpace });
    await waitUntil("the deletion", () => kept.deleted.length > 0);
    deepStrictEqual([kept.deleted, folder.names()], [["b.ts"], ["a.ts", "a.ts.json"]]);
    match(kept.warnings[0] ?? "", /^cannot delete .*\/a\.ts: .*busy\ndelete or move it by hand$/);
  },
});

Deno.test({
  ...needing([MOUNTS], "to free space on the disk, nothing is deleted in a subfolder on which another disk is mounted"),
  fn: async () => {
    using folder = new TemporaryFolder();
    using disk = new SmallDisk("1m");
    Deno.mkdirSync(folder.file("other"));
    using _mounted = new BindMount(disk.path, folder.file("other"));
    placeRecordings(folder, "other/a.ts", "b.ts");
    const readSpace = () => exists(folder.file("b.ts")) ? 1e9 - 100 : 1e9;
    await using kept = new Kept(folder.path, { ...MIN_FREE, readSpace });
    await waitUntil("the deletion", () => kept.deleted.length > 0);
    await kept.retention.close();
    deepStrictEqual(kept.deleted, ["b.ts"]);
  },
});

Deno.test("if deletions free nothing, three recordings are deleted in three minutes, and then no more", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts", "b.ts", "c.ts", "d.ts");
  const readSpace = () => 1e9 - 50;
  await using kept = new Kept(folder.path, { ...MIN_FREE, readSpace });
  for (const count of [1, 2, 3]) {
    await waitUntil(`deletion ${count}`, () => kept.deleted.length >= count);
    strictEqual(kept.retention.refusedBelowBytes, 0);
    kept.laterMs += 60_000;
  }
  await waitUntil("the warning", () => kept.warnings.length > 0);
  match(
    kept.warnings[0] ?? "",
    / and deleting recordings frees no space: a snapshot or a program still uses it: no session begins/,
  );
  deepStrictEqual([kept.deleted, kept.retention.refusedBelowBytes], [["a.ts", "b.ts", "c.ts"], 1e9]);
});

Deno.test("an interrupted recording is completed first, and deleted in the order of its age", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts", "b.ts");
  placeRecording(folder.file("a.ts"), { ageMs: 9 * HOUR_MS, changes: { state: "recording" } });
  const readSpace = () => exists(folder.file("a.ts")) ? 1e9 - 1 : 1e9;
  await using kept = new Kept(folder.path, { ...MIN_FREE, readSpace });
  await waitUntil("the deletion", () => kept.deleted.length > 0);
  await kept.retention.close();
  deepStrictEqual(kept.deleted, ["a.ts"]);
});

Deno.test("a recording that was completed less than a minute ago is not deleted after the clock was set", async () => {
  using folder = new TemporaryFolder();
  await using kept = new Kept(folder.path, {});
  placeRecordings(folder, "a.ts", "b.ts");
  kept.retention.report({ ...SEGMENT, previous: folder.file("a.ts") });
  kept.retention.setRules({ keepMs: HOUR_MS, keepBytes: null, minFreeBytes: null, onFull: "stop" });
  await waitUntil("the deletion", () => kept.deleted.length > 0);
  await kept.retention.close();
  deepStrictEqual(kept.deleted, ["b.ts"]);
});

Deno.test({
  ...needing([MOUNTS], "before the disk is full, each session that records onto it is ended once"),
  fn: async () => {
    using folder = new TemporaryFolder();
    using disk = new SmallDisk("1m");
    Deno.mkdirSync(folder.file("other"));
    using _mounted = new BindMount(disk.path, folder.file("other"));
    await using kept = new Kept(folder.path, {});
    for (const [session, file] of [["s1", "a.ts"], ["s2", "other/b.ts"], ["s3", "c.ts"]] as const) {
      kept.retention.report({ ...START, session, file: folder.file(file) });
    }
    const rules = { ...MIN_FREE, keepMs: null, keepBytes: null, onFull: "stop" } as const;
    kept.freeBytes = 1e6;
    kept.retention.setRules(rules);
    await waitUntil("the order", () => kept.ended.length > 0);
    kept.retention.setRules(rules);
    await waitUntil("another check", () => kept.checks >= 2);
    await kept.retention.close();
    deepStrictEqual(kept.ended, ["s1", "s3"]);
  },
});

Deno.test("rules that are set while recordings are read replace the earlier ones", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts", "b.ts", "c.ts");
  await using kept = new Kept(folder.path, { keepMs: HOUR_MS });
  kept.retention.setRules({ keepMs: null, keepBytes: 200, minFreeBytes: null, onFull: "stop" });
  await waitUntil("the deletion", () => kept.deleted.length > 0);
  await kept.retention.close();
  deepStrictEqual(kept.deleted, ["a.ts"]);
});

Deno.test("an earlier file of a running session is deleted, and its size is known until the session ends", async () => {
  using folder = new TemporaryFolder();
  placeRecordings(folder, "a.ts");
  await using kept = new Kept(folder.path, {});
  const [file, next] = [folder.file("a.ts"), folder.file("b.ts")];
  kept.retention.report({ ...START, file });
  kept.retention.report({ ...SEGMENT, previous: file, file: next });
  kept.laterMs = 60_000;
  kept.retention.setRules({ keepMs: HOUR_MS, keepBytes: null, minFreeBytes: null, onFull: "stop" });
  await waitUntil("the deletion", () => kept.deleted.length > 0);
  deepStrictEqual([kept.retention.deletedBytes(file), kept.retention.deletedBytes(next)], [100, null]);
  kept.retention.report({ ...END, file: next });
  strictEqual(kept.retention.deletedBytes(file), null);
});
