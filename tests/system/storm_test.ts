/** A short reconnect storm; `deno task soak:storm` runs a long one. */

import assert from "node:assert/strict";
import { childrenOf, descriptorsOf, waitUntil } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { connectInCrowd } from "../support/srt_caller.ts";
import { Storm } from "../support/storm.ts";
import { ConfigFolder } from "./config_folder.ts";

const PASSPHRASE = "correct-horse-battery";
/** Maximum number of `refused` events: the first refusal of each kind has one, and its repeats of a minute share one. */
const MAX_REFUSED = 20;

Deno.test("callers are admitted while 60 others are killed and started again each second, and nothing of them is left", async () => {
  using config = new ConfigFolder('[[stream]]\nname = "locked"\npassphrase-file = "secret.txt"\n', {
    "secret.txt": PASSPHRASE,
  });
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--config", config.file, "--spares", "0"]);
  const { port } = splitter;
  const before = descriptorsOf(splitter.pid);
  {
    await using storm = new Storm({ port, wrong: 20, named: 40 });
    await waitUntil("the storm", () => [...storm.answers.values()].length > 0);
    for (const called of [{ streamId: "locked", passphrase: PASSPHRASE }, { streamId: "other" }]) {
      await using caller = await connectInCrowd({ port, blocking: false, ...called });
      caller.close();
    }
  }
  await waitUntil("the end of all sessions", () => childrenOf(splitter.pid).length === 0);
  await waitUntil("the end of all handshakes", () => descriptorsOf(splitter.pid) <= before);
  assert.ok(splitter.eventsNamed("refused").length <= MAX_REFUSED, `${splitter.eventsNamed("refused").length} events`);
  assert.strictEqual(await splitter.stop(), 0);
});
