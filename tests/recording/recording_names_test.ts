/** Tests of the names that mod/recording/recording_file.ts chooses: numbers, and folders. */
import assert from "node:assert/strict";
import { parseNameTemplate } from "../../mod/cli/name_template.ts";
import { createNewFile } from "../../mod/os/new_file.ts";
import type { RecordingOptions } from "../../mod/recording/recording.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { namesOf } from "./names_of.ts";
import { bytesFrom, Recorded, write } from "./recorded.ts";

/** Records 3 bytes by a template, and returns the path below the folder or why there is none. */
async function recordBy(
  template: string,
  folder: Pick<TemporaryFolder, "path">,
  options: Partial<RecordingOptions> = {},
): Promise<string> {
  const names = namesOf("cam", { template: parseNameTemplate(template) });
  const { recording } = new Recorded({ kind: "file", directory: folder.path, names }, options);
  write(recording, bytesFrom(0, 3));
  await recording.close(DEADLINE_MS);
  await recording.removeEmptyFolders(DEADLINE_MS);
  return recording.failure?.message ?? recording.file?.slice(folder.path.length + 1) ?? "nothing";
}

Deno.test("a recording whose first 60 names are taken gets the number after the highest", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("all.ts"), "");
  for (let number = 2; number <= 60; number += 1) Deno.writeTextFileSync(folder.file(`all-${number}.ts`), "");
  Deno.writeTextFileSync(folder.file("all-12000.ts.json"), "");
  assert.equal(await recordBy("all", folder), "all-12001.ts");
});

Deno.test("a folder that is removed before the file is in it is made again", async () => {
  using folder = new TemporaryFolder();
  let calls = 0;
  const file = await recordBy("a/{stream}/b", folder, {
    createFile: (path) => {
      calls += 1;
      if (calls === 1) Deno.removeSync(folder.file("a"), { recursive: true });
      return createNewFile(path);
    },
  });
  assert.deepEqual([file, calls], ["a/cam/b.ts", 2]);
});

Deno.test("a file that cannot be made ends the recording, and leaves no folder behind", async () => {
  using folder = new TemporaryFolder();
  const failure = await recordBy("a/{stream}/b", folder, {
    createFile: () => Promise.reject(new Deno.errors.NotFound("No such file or directory (os error 2)")),
  });
  assert.match(failure, /^cannot create .*\/a\/cam\/b\.ts: no such file or directory$/);
  assert.deepEqual(folder.names(), []);
});

Deno.test("a missing output folder is reported as the cause if the template has folders", async () => {
  using parent = new TemporaryFolder();
  const directory = parent.file("gone");
  const names = namesOf("cam", { template: parseNameTemplate("{stream}/a") });
  const { recording } = new Recorded({ kind: "file", directory, names });
  await recording.opened;
  assert.match(recording.failure?.message ?? "", /^cannot create the folder .*\/gone\/cam: no such file or directory$/);
  await recording.close(DEADLINE_MS);
});

for (
  const [what, size, isReadOnly, reason] of [
    ["a disk without room for more files", "1m,nr_inodes=2", false, "no space left on device"],
    ["a read-only disk", "1m", true, "read-only file system"],
  ] as const
) {
  Deno.test({
    ...needing([MOUNTS], `a folder that cannot be made is named with the cause, and no folder is left: ${what}`),
    fn: async () => {
      using disk = new SmallDisk(size);
      disk.unmount();
      disk.mount({ readOnly: isReadOnly });
      const failure = await recordBy("a/{stream}/b", disk);
      const folder = isReadOnly ? `${disk.path}/a` : `${disk.path}/a/cam`;
      assert.equal(failure, `cannot create the folder ${folder}: ${reason}`);
      assert.deepEqual([...Deno.readDirSync(disk.path)], []);
    },
  });
}
