/** Tests of mod/retention/space_monitor.ts with a disk whose free space the test sets. */
import { deepEqual, equal, match } from "node:assert/strict";

import { SpaceMonitor } from "../../mod/retention/space_monitor.ts";

const MB = 1_000_000;
const TOTAL_BYTES = 10_000 * MB;
const STOP = { minFreeBytes: 1000 * MB, onFull: "stop" } as const;
const OLDEST = { minFreeBytes: 1000 * MB, onFull: "oldest" } as const;
const ADVICE = "\nmake room in the folder of recordings; a restart is not needed";

/** A disk, and what its monitor did. */
class Disk implements AsyncDisposable {
  /** Free space in MB; null: not known. */
  free: number | null;
  /** What each call of `makeRoom` frees, in MB. */
  deletable: readonly number[] = [];
  /** Whether `makeRoom` reports that space may still become free, even if it freed none. */
  mayHelp = false;
  sessions: string[] = [];
  latencyMs = 0;
  isRecording = true;
  nowMs = 0;
  noEffectReason: string | null = null;
  readonly warnings: string[] = [];
  readonly monitor: SpaceMonitor;

  constructor(free: number | null) {
    this.free = free;
    this.monitor = new SpaceMonitor({
      out: "/rec",
      warn: (text) => this.warnings.push(text),
      readSpace: () =>
        Promise.resolve(
          this.free === null ? null : { freeBytes: this.free * MB, totalBytes: TOTAL_BYTES, freeFiles: null, id: 1n },
        ),
      makeRoom: () => Promise.resolve(this.#makeRoom()),
      noEffectReason: () => this.noEffectReason,
      endSessions: () => Promise.resolve(this.sessions.splice(0)),
      longestLatencyMs: () => this.latencyMs,
      isRecording: () => this.isRecording,
      now: () => this.nowMs,
    });
  }

  /** Sets the free space, advances the clock by a second and checks. Returns the warnings. */
  async check(free?: number | null): Promise<readonly string[]> {
    if (free !== undefined) this.free = free;
    this.nowMs += 1000;
    await this.monitor.check();
    return this.warnings.splice(0);
  }

  /** Sets the rules. Returns the warnings of the first check. */
  async setRules(rules: Parameters<SpaceMonitor["setRules"]>[0]): Promise<readonly string[]> {
    this.monitor.setRules(rules);
    if (rules !== null) await this.monitor.check();
    return this.warnings.splice(0);
  }

  get refusedBelow(): number {
    return this.monitor.refusedBelowBytes / MB;
  }

  #makeRoom(): boolean {
    const [first = 0, ...others] = this.deletable;
    this.deletable = others;
    this.free = (this.free ?? 0) + first;
    return first > 0 || this.mayHelp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.monitor.close();
  }
}

Deno.test("SpaceMonitor without rules refuses no caller and reports nothing", async () => {
  await using disk = new Disk(1);
  deepEqual([await disk.check(), disk.refusedBelow], [[], 0]);
});

Deno.test("SpaceMonitor warns once before it refuses callers, and again only after the space was ample", async () => {
  await using disk = new Disk(1250);
  await disk.setRules(STOP);
  deepEqual([await disk.check(), disk.refusedBelow], [[], 1000]);
  deepEqual(await disk.check(1249), [
    `1.2 GB are free in /rec; with less than 1.0 GB (--min-free), no session begins${ADVICE}`,
  ]);
  deepEqual([await disk.check(1100), await disk.check(1499), await disk.check(1200)], [[], [], []]);
  deepEqual(await disk.check(1500), []);
  equal((await disk.check(1249)).length, 1);
});

for (const [isRecording, due] of [[true, ": at 240 Mbit/s in 7.3 s"], [false, ""]] as const) {
  Deno.test(`SpaceMonitor warns ${isRecording ? "with a time" : "without a time"} if ${isRecording ? "a" : "no"} session records`, async () => {
    await using disk = new Disk(1310);
    disk.isRecording = isRecording;
    await disk.setRules(STOP);
    deepEqual([await disk.check(1280), await disk.check(1250)], [[], []]);
    deepEqual(await disk.check(1220), [
      `1.2 GB are free in /rec; with less than 1.0 GB (--min-free), no session begins${due}${ADVICE}`,
    ]);
  });
}

Deno.test("SpaceMonitor reports that no session begins, and that sessions can begin again", async () => {
  await using disk = new Disk(1300);
  await disk.setRules(STOP);
  deepEqual(await disk.check(999), [
    `999 MB are free in /rec, less than 1.0 GB (--min-free): no session begins, and sessions end when 16.8 MB are left${ADVICE}`,
  ]);
  deepEqual(await disk.check(1001), ["1.0 GB are free in /rec again: sessions can begin"]);
  deepEqual([await disk.check(999), await disk.check(1001)], [[], []], "repeated within 10 min");
  disk.nowMs += 600_000;
  equal((await disk.check(999)).length, 1);
});

Deno.test("SpaceMonitor names the size of the disk if --min-free is larger than that", async () => {
  await using disk = new Disk(999);
  const warnings = await disk.setRules({ ...STOP, minFreeBytes: 1e15 });
  match(warnings.join("\n"), /\nset --min-free to less than 10\.0 GB, the size of the disk$/);
});

Deno.test("SpaceMonitor ends sessions early enough to write the payload of 10 s and a latency", async () => {
  await using disk = new Disk(900);
  await disk.setRules(STOP);
  disk.sessions = ["s1", "s2"];
  disk.latencyMs = 5000;
  for (const free of [190, 180, 170]) await disk.check(free); // after one large step, 10 MB less each second
  deepEqual(disk.sessions, ["s1", "s2"]);
  for (const free of [160, 150]) await disk.check(free);
  deepEqual(await disk.check(140), ["140 MB are free in /rec: s1, s2 end now, before the disk is full"]);
  deepEqual(await disk.check(130), []);
});

Deno.test("SpaceMonitor names at most five of the sessions that end", async () => {
  await using disk = new Disk(16);
  disk.sessions = ["s1", "s2", "s3", "s4", "s5", "s6"];
  const [, warning] = await disk.setRules(STOP);
  equal(warning, "16.0 MB are free in /rec: s1, s2, s3, s4, s5 and 1 more end now, before the disk is full");
});

Deno.test("SpaceMonitor with --on-full oldest causes deletions, gives no warning and refuses no caller", async () => {
  await using disk = new Disk(1200);
  await disk.setRules(OLDEST);
  disk.deletable = [100, 100];
  deepEqual([await disk.check(999), disk.free, disk.refusedBelow], [[], 1099, 0]);
  deepEqual([await disk.check(850), disk.free, disk.refusedBelow], [[], 950, 0]);
});

Deno.test("SpaceMonitor with --on-full oldest refuses callers once nothing may be deleted, with the reason", async () => {
  await using disk = new Disk(999);
  const [warning] = await disk.setRules(OLDEST);
  equal(
    warning,
    `999 MB are free in /rec, less than 1.0 GB (--min-free) and no recording may be deleted: no session begins, and ` +
      `sessions end when 16.8 MB are left${ADVICE}`,
  );
  equal(disk.refusedBelow, 1000);
  disk.deletable = [100];
  deepEqual(await disk.check(), ["1.1 GB are free in /rec again: sessions can begin"]);
  equal(disk.refusedBelow, 0);
});

Deno.test("SpaceMonitor with --on-full oldest reports that deletions have no effect", async () => {
  await using disk = new Disk(999);
  disk.noEffectReason = "deleting frees nothing";
  const [warning = ""] = await disk.setRules(OLDEST);
  equal(warning.split(":")[0], "999 MB are free in /rec, less than 1.0 GB (--min-free) and deleting frees nothing");
});

Deno.test("SpaceMonitor with --on-full oldest waits for a file system that frees space late, and ends sessions only if the disk becomes full meanwhile", async () => {
  await using disk = new Disk(999);
  disk.mayHelp = true;
  disk.sessions = ["s1"];
  await disk.setRules(OLDEST);
  deepEqual([await disk.check(), await disk.check(16), disk.refusedBelow], [[], [], 0]);
  deepEqual(await disk.check(8), ["8.0 MB are free in /rec: s1 ends now, before the disk is full"]);
});

Deno.test("SpaceMonitor with --on-full oldest refuses callers while sessions end, also if deletions may still free space", async () => {
  await using disk = new Disk(999);
  disk.mayHelp = true;
  await disk.setRules(OLDEST);
  const refusedBelow = [];
  for (const free of [16, 8, 16]) {
    await disk.check(free);
    refusedBelow.push(disk.refusedBelow);
  }
  deepEqual(refusedBelow, [0, 1000, 0]);
});

Deno.test("SpaceMonitor keeps its state while the free space is not known", async () => {
  await using disk = new Disk(999);
  await disk.setRules(OLDEST);
  disk.sessions = ["s1"];
  deepEqual([await disk.check(null), disk.refusedBelow, disk.sessions], [[], 1000, ["s1"]]);
});

Deno.test("SpaceMonitor applies new rules at once", async () => {
  await using disk = new Disk(500);
  equal((await disk.setRules(STOP)).length, 1);
  const warnings = await disk.setRules({ ...STOP, minFreeBytes: 100 * MB });
  deepEqual([warnings, disk.refusedBelow], [["500 MB are free in /rec again: sessions can begin"], 100]);
  await disk.setRules(null);
  deepEqual([await disk.check(1), disk.refusedBelow], [[], 0]);
});
