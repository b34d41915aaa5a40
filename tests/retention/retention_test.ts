/** Tests of mod/retention/retention.ts: what is reported if a disk does not allow it to delete. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";

import { Retention } from "../../mod/retention/retention.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { waitUntil } from "../support/processes.ts";
import { placeRecording } from "../support/recordings.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const HOUR_MS = 3_600_000;

/** The retention of a folder that keeps recordings for an hour, and what it reported. */
class Kept implements AsyncDisposable {
  readonly warnings: string[] = [];
  readonly events: string[] = [];
  readonly #retention: Retention;

  constructor(out: string) {
    this.#retention = new Retention({ keepMs: HOUR_MS, keepBytes: null }, {
      out,
      reporter: {
        report: ({ event }) => this.events.push(event),
        warn: (text) => this.warnings.push(text),
        debug: () => {},
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#retention.close();
  }
}

Deno.test({
  ...needing([MOUNTS], "a recording that cannot be deleted stays, and is reported with the reason"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    const file = placeRecording(`${disk.path}/a.ts`, { ageMs: 2 * HOUR_MS });
    disk.unmount();
    disk.mount({ readOnly: true });
    await using kept = new Kept(disk.path);
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
  await using kept = new Kept(gone);
  await waitUntil("the warning", () => kept.warnings.length > 0);
  match(kept.warnings[0] ?? "", new RegExp(`^cannot read ${gone}, so no recording is deleted: \\S`));
});
