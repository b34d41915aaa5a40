/** Relays between callers and listener: the probe of `srtla_rec`, and many callers of one address (`--relay`). */

import assert from "node:assert/strict";
import { SRTLA_PROBE } from "../fixtures/handshakes.ts";
import { call } from "../support/call.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const LOCAL = "127.0.0.1:0";
/** More than the slots of an address, and than callers that are taken in a second. */
const PROBES = 600;

/** Sends a probe from a port of its own, as `srtla_rec` does, and returns the length of the answer. */
async function probe(port: number): Promise<number> {
  using prober = new RawCaller(port);
  await prober.send(SRTLA_PROBE);
  return (await prober.receive()).byteLength;
}

Deno.test("probes of srtla_rec are answered with 64 bytes and leave nothing behind: no line, no slot, no process", async () => {
  await using splitter = await Splitter.listen([LOCAL]);
  for (let times = 0; times < PROBES; times += 1) assert.strictEqual(await probe(splitter.port), 64);
  await call({ port: splitter.port }, "cam1");
  await splitter.event("session-end");
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(splitter.errors, []);
  assert.deepStrictEqual(splitter.eventsNamed("refused"), []);
});

for (
  const [relay, reason] of [
    ["127.0.0.0/8", null],
    ["192.0.2.7", 1402],
  ] as const
) {
  Deno.test(`with --relay ${relay} a second caller of 127.0.0.1 is ${reason === null ? "admitted" : "refused"}`, async () => {
    await using splitter = await Splitter.listen([LOCAL, "--max-per-address", "1", "--relay", relay]);
    await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
    await splitter.event("session-start");
    const second = SrtCaller.connect({ port: splitter.port, streamId: "cam2" });
    if (reason === null) {
      (await second).close();
      await splitter.event("session-start", ({ stream }) => stream === "cam2");
    } else {
      await assert.rejects(second, { rejectReason: reason });
      assert.match(
        (await splitter.event("refused")).advice,
        /if the address is that of a relay, name it with --relay$/,
      );
    }
    first.close();
  });
}

Deno.test("--relay with something other than an address is refused at the start", async () => {
  const { code, stderr } = await Splitter.run(["listen", LOCAL, "--relay", "srtla"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot use --relay "srtla": "srtla" is not an address\nhint: write 192\.0\.2\.7/);
});
