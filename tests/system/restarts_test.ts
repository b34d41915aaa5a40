/** A listener that is killed and started again, while callers call all the time. `deno task soak:restarts` is longer. */

import assert from "node:assert/strict";
import { restartUnderLoad } from "../support/restarts.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("four restarts under load lose no byte, and leave no process, no socket and no unknown file", async () => {
  using folder = new TemporaryFolder();
  const { sessions, adopted, failedCalls: _failedCalls, unreported: _unreported, ...rest } = await restartUnderLoad(
    4,
    folder.path,
  );
  assert.ok(sessions >= 4 && adopted >= 4, `${sessions} sessions, ${adopted} adopted`);
  assert.deepStrictEqual(rest, {
    broken: [],
    wrong: [],
    unknownFiles: [],
    repeatedIds: [],
    processes: [],
    sockets: [],
    exitCodes: [],
    warnings: [],
  });
});
