/** Stream IDs that are stream keys: the configuration names the stream, and the key appears nowhere. */

import assert from "node:assert/strict";
import { freePort } from "../../mod/os/free_port.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { makePayload } from "../support/payload.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ConfigFolder } from "./config_folder.ts";

const KEY = "sk_7f3a91c2";
const FILE = `
address = "127.0.0.1:0"
out = "recordings"
allow = "cam*"

[[stream]]
name = "${KEY}"
as = "cam1"
max-sessions = 1
`;

Deno.test("a stream key is in no event, no line and no file name, and its stream has the name that `as` sets", async () => {
  using config = new ConfigFolder(FILE);
  await using splitter = await Splitter.listen(["--config", config.file]);
  const call = { port: splitter.port, localPort: freePort("127.0.0.1"), streamId: `#!::r=${KEY},m=publish` };
  await using caller = await SrtCaller.connect(call);
  await caller.send(makePayload(20));
  await caller.waitUntilDelivered();
  const { stream, streamId } = await splitter.event("session-start");
  assert.deepStrictEqual([stream, streamId], ["cam1", "cam1"]);

  // the second caller exceeds the limit of the table, the third shares the UDP port of the first
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: KEY }), { rejectReason: 1402 });
  await assert.rejects(SrtCaller.connect({ ...call, streamId: KEY }), { rejectReason: 1409 });
  await splitter.event("refused", ({ reason }) => reason === 1409); // reported by the process of the first session
  // only callers with the key may use the name
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
  await splitter.event("refused", ({ reason }) => reason === 1403);
  const refused = splitter.eventsNamed("refused");
  assert.deepStrictEqual(refused.map((event) => [event.reason, event.stream]), [
    [1402, "cam1"],
    [1409, "cam1"],
    [1403, "cam1"],
  ]);

  caller.close();
  const { file } = await splitter.event("session-end");
  assert.match(file ?? "", /\/cam1_[^/]+\.ts$/);
  const sidecar = Deno.readTextFileSync(`${file}.json`);
  assert.strictEqual(await splitter.stop(), 0);
  const printed = [
    JSON.stringify(splitter.events),
    splitter.errors.join("\n"),
    sidecar,
    ...config.namesIn("recordings"),
  ];
  assert.deepStrictEqual(printed.filter((text) => text.includes(KEY)), []);
});

for (
  const [streamId, name] of [
    ["srt://anna:hush@192.0.2.1:9999/app/cam1", "app/cam1"],
    ["srt://192.0.2.1:9999?streamid=publish:cam1:anna:hush", "cam1"],
    ["#!::secret_name=hush", null],
  ] as const
) {
  Deno.test(`a secret in ${streamId} is in no event, no line, no file name and no sidecar`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId });
    await caller.send(makePayload(20));
    await caller.waitUntilDelivered();
    assert.strictEqual((await splitter.event("session-start")).stream, name);
    caller.close();
    const { file } = await splitter.event("session-end");
    const sidecar = Deno.readTextFileSync(`${file}.json`);
    assert.strictEqual(await splitter.stop(), 0);
    const printed = [JSON.stringify(splitter.events), splitter.errors.join("\n"), sidecar, `${file}`];
    assert.deepStrictEqual(printed.filter((text) => text.includes("hush")), []);
  });
}

Deno.test("check reports the name that a stream key gets, and not the key", async () => {
  using config = new ConfigFolder(FILE);
  const { code, stdout } = await Splitter.run([
    "check",
    "--config",
    config.file,
    "--stream",
    KEY,
    "--from",
    "192.0.2.7",
  ]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /"cam1" from 192\.0\.2\.7 is admitted/);
  assert.doesNotMatch(stdout, new RegExp(KEY));
});

Deno.test("a table that never applies is named without its stream key", async () => {
  using config = new ConfigFolder(`${FILE}\n[[stream]]\nname = "${KEY}"\nfrom = "192.0.2.0/24"\nas = "cam2"\n`);
  const { code, stdout, stderr } = await Splitter.run(["check", "--config", config.file]);
  assert.strictEqual(code, 0);
  assert.match(stderr, /\[\[stream\]\] on line \d+ of .* never applies/);
  assert.doesNotMatch(stdout + stderr, new RegExp(KEY));
});
