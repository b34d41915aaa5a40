import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { openEndedRecording } from "../../mod/recording/rejoin.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { placeRecording } from "../support/recordings.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { FINAL_SIDECAR } from "./sidecars.ts";

Deno.test({
  ...needing([MOUNTS], "a recording keeps its final sidecar if the disk is too full to continue it"),
  fn: async () => {
    using disk = new SmallDisk("1m");
    const file = placeRecording(`${disk.path}/cam1.ts`, { changes: { checksum: null } });
    const before = JSON.parse(Deno.readTextFileSync(`${file}.json`));
    disk.setFree(12_288); // enough for a sidecar, but not for the space that is reserved for the final one
    const request = { file, stream: FINAL_SIDECAR.stream ?? "", checksum: null, waitMs: 1000 };
    strictEqual(await openEndedRecording(request, () => false), null);
    deepStrictEqual(JSON.parse(Deno.readTextFileSync(`${file}.json`)), before);
    deepStrictEqual(Array.from(Deno.readDirSync(disk.path), ({ name }) => name).toSorted(), [
      "cam1.ts",
      "cam1.ts.json",
    ]);
  },
});
