import assert from "node:assert/strict";

import type { DiskSpace } from "../../mod/os/disk_space.ts";
import { FolderCheck, type FolderProblem, judgeFolder } from "../../mod/recording/folder_check.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { FUSE, OddFolder } from "../support/odd_folder.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const SPACE: DiskSpace = { freeBytes: 10e9, totalBytes: 100e9, freeFiles: 1000, id: 7n };
const REMEMBERED = { device: 1, id: 7n };

for (
  const [what, device, space, expected] of [
    ["the same disk with room", 1, SPACE, null],
    ["no folder", null, SPACE, "gone"],
    ["no folder, on a disk whose state cannot be read", null, null, "gone"],
    ["a disk whose state cannot be read", 1, null, null],
    ["another disk", 2, { ...SPACE, id: 8n }, "changed"],
    ["another disk whose state cannot be read", 2, null, "changed"],
    ["the same disk mounted from another device", 2, SPACE, null],
    ["another disk, on a file system without an ID", 2, { ...SPACE, id: 0n }, "changed"],
    ["less than 16 MiB", 1, { ...SPACE, freeBytes: 16_777_215 }, "full"],
    ["16 MiB", 1, { ...SPACE, freeBytes: 16_777_216 }, null],
    ["a small disk with a twentieth of it free", 1, { ...SPACE, freeBytes: 50_000, totalBytes: 1_000_000 }, null],
    ["a small disk with less than a twentieth of it free", 1, { ...SPACE, freeBytes: 49_999, totalBytes: 1e6 }, "full"],
    ["room for two files", 1, { ...SPACE, freeFiles: 2 }, "full"],
    ["a file system that does not limit files", 1, { ...SPACE, freeFiles: null }, null],
  ] as const
) {
  Deno.test(`judgeFolder returns ${expected ?? "no problem"} for ${what}`, () => {
    const asked = { remembered: REMEMBERED, found: { device, space }, minFreeBytes: 0 };
    assert.equal(judgeFolder("/rec", asked)?.kind ?? null, expected);
  });
}

Deno.test("judgeFolder returns changed for another disk if neither of the two disks has an ID", () => {
  const found = { device: 2, space: { ...SPACE, id: 0n } };
  const asked = { remembered: { device: 1, id: 0n }, found, minFreeBytes: 0 };
  assert.equal(judgeFolder("/rec", asked)?.kind, "changed");
});

for (
  const [what, freeBytes, minFreeBytes, expected] of [
    [
      "less than the operator wants to stay free",
      19.9e9,
      20e9,
      "19.9 GB are free in /rec, less than 20.0 GB (--min-free)",
    ],
    ["what the operator wants to stay free", 20e9, 20e9, null],
    [
      "less than 16 MiB, even if --min-free is lower",
      16e6,
      1e6,
      "16.0 MB are free in /rec, less than 16.8 MB",
    ],
  ] as const
) {
  Deno.test(`judgeFolder returns ${expected === null ? "no problem" : "full"} for ${what}`, () => {
    const found = { device: 1, space: { ...SPACE, freeBytes } };
    const text = judgeFolder("/rec", { remembered: REMEMBERED, found, minFreeBytes })?.text ?? null;
    assert.equal(text, expected === null ? null : `no space for its recording: ${expected}`);
  });
}

Deno.test("judgeFolder has a hint with the size of the disk if more than that must stay free", () => {
  const hint = judgeFolder("/rec", {
    remembered: REMEMBERED,
    found: { device: 1, space: SPACE },
    minFreeBytes: 1e12,
  })?.hint;
  assert.equal(hint, "set --min-free to less than 100 GB, the size of the disk");
});

Deno.test("FolderCheck finds that a folder is gone, and no problem once it was created again", async () => {
  using parent = new TemporaryFolder();
  const folder = parent.file("rec");
  Deno.mkdirSync(folder);
  const check = new FolderCheck(folder, { now: () => performance.now() });
  assert.equal(await answerOf(check), null);
  Deno.removeSync(folder);
  assert.equal((await answerOf(check))?.kind, "gone");
  Deno.mkdirSync(folder);
  assert.equal(await answerOf(check), null);
});

Deno.test("FolderCheck.check uses the result of prepare for 1.5 s, unless it is a problem or a recording has failed since", async () => {
  using parent = new TemporaryFolder();
  const folder = parent.file("rec");
  Deno.mkdirSync(folder);
  let nowMs = 0;
  const check = new FolderCheck(folder, { now: () => nowMs });
  const prepare = async () => {
    nowMs += 1000;
    check.prepare();
    const problem = await check.check(); // waits for the check that prepare started
    if (problem?.kind !== "silent") return assert.equal(problem, null);
    await new Promise((resolve) => setTimeout(resolve, 10)); // on a busy machine, the disk may not answer in time
    await prepare();
  };
  await prepare();
  Deno.removeSync(folder);
  nowMs += 1499;
  assert.equal(await check.check(), null);
  check.requireTrial();
  assert.equal((await answerOf(check))?.kind, "gone");
  check.prepare();
  assert.equal((await answerOf(check))?.kind, "gone");
  Deno.mkdirSync(folder);
  assert.equal(await answerOf(check), null);
  await prepare();
  Deno.removeSync(folder);
  nowMs += 1500;
  assert.equal((await answerOf(check))?.kind, "gone");
});

Deno.test({
  ...needing([MOUNTS], "FolderCheck finds that the disk is full, and that it was unmounted"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    const check = new FolderCheck(disk.path, { now: () => performance.now() });
    assert.equal(await answerOf(check), null);
    Deno.writeFileSync(`${disk.path}/full`, new Uint8Array(1_040_000));
    assert.equal((await answerOf(check))?.kind, "full");
    disk.unmount();
    assert.equal((await answerOf(check))?.kind, "changed");
    disk.mount();
    assert.equal((await answerOf(check))?.kind, "full");
  },
});

Deno.test({
  ...needing([FUSE], "FolderCheck stops waiting for a disk that does not answer, and runs one check at a time"),
  fn: async () => {
    await using folder = await OddFolder.mount({});
    const check = new FolderCheck(folder.path, { now: () => performance.now() });
    assert.equal(await answerOf(check), null);
    {
      using _hanging = folder.hang();
      assert.equal((await check.check())?.kind, "silent");
      // the deadline of the running check has passed
      const waits = new Promise<"waits">((resolve) => setTimeout(() => resolve("waits"), 0));
      const answer = await Promise.race([check.check().then((problem) => problem?.kind), waits]);
      assert.equal(answer, "silent");
    }
    assert.equal(await answerOf(check), null); // after the check that was running has its answer
  },
});

Deno.test({
  ...needing([FUSE], "FolderCheck tries to write after a recording has failed, and not again within 2 s if that fails"),
  fn: async () => {
    await using folder = await OddFolder.mount({ quota: 1_500_000 });
    let nowMs = 0;
    const check = new FolderCheck(folder.path, { now: () => nowMs });
    const full = `${folder.path}/full`;
    Deno.writeFileSync(full, new Uint8Array(1_000_000));
    assert.equal(await answerOf(check), null);
    check.requireTrial();
    const problems = await Promise.all([answerOf(check), answerOf(check)]);
    const text = `no space for its recording: cannot write to ${folder.path}: disk quota exceeded`;
    assert.deepEqual(problems.map((problem) => problem?.text), [text, text]);
    Deno.removeSync(full);
    nowMs = 1999;
    assert.equal((await answerOf(check))?.text, text);
    nowMs = 2000;
    assert.equal(await answerOf(check), null);
    Deno.writeFileSync(full, new Uint8Array(1_000_000));
    assert.equal(await answerOf(check), null);
    check.requireTrial();
    assert.equal((await answerOf(check))?.text, text);
    assert.deepEqual([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["full"]);
  },
});

Deno.test({
  ...needing([MOUNTS], "after a recording has failed, FolderCheck finds that the disk became read-only"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    let nowMs = 0;
    const check = new FolderCheck(disk.path, { now: () => nowMs });
    disk.unmount();
    disk.mount({ readOnly: true });
    check.requireTrial();
    const problem = await answerOf(check);
    assert.equal(problem?.text, `nothing can be recorded: cannot write to ${disk.path}: read-only file system`);
    disk.unmount();
    disk.mount();
    nowMs = 2000;
    assert.equal(await answerOf(check), null);
  },
});

/** Repeats the check until the disk answers in time: on a busy machine, it may not. */
async function answerOf(check: FolderCheck): Promise<FolderProblem | null> {
  while (true) {
    const problem = await check.check();
    if (problem?.kind !== "silent") return problem;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

Deno.test({
  ...needing([MOUNTS], "FolderCheck finds no problem on a file system that does not report its size"),
  fn: async () => {
    using disk = new SmallDisk("0"); // without a limit
    const check = new FolderCheck(disk.path, { now: () => performance.now(), minFreeBytes: () => 1e9 });
    assert.deepEqual([await answerOf(check), await check.readSpace()], [null, null]);
  },
});
