/** A listener that `deno task` has started ends when `deno task` ends. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

import { processStatus, waitUntil, waitUntilGone } from "../support/processes.ts";
import { EXECUTABLE } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** Starts `deno task listen`, and returns it with the process ID of the listener. */
async function startTask(readyFile: string): Promise<readonly [task: Deno.ChildProcess, listener: number]> {
  const task = new Deno.Command(Deno.execPath(), {
    args: ["task", "listen", "127.0.0.1:0", "--ready-file", readyFile],
    cwd: ROOT,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let text = "";
  await waitUntil("the ready file", () => {
    try {
      text = Deno.readTextFileSync(readyFile);
      return text.endsWith("\n");
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    }
  });
  return [task, JSON.parse(text).pid];
}

for (const signal of ["SIGTERM", "SIGKILL"] as const) {
  Deno.test({
    name: `the listener ends if only deno task gets ${signal}`,
    ignore: EXECUTABLE !== null, // no task starts the executable
    async fn() {
      using folder = new TemporaryFolder();
      const [task, listener] = await startTask(folder.file("ready.json"));
      try {
        assert.strictEqual(processStatus(listener)?.parent, task.pid);
        task.kill(signal);
        await task.status;
        await waitUntilGone(listener);
      } finally {
        if (processStatus(listener) !== null) Deno.kill(listener, "SIGKILL");
      }
    },
  });
}
