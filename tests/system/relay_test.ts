/** Relays between callers and listener: the probe of `srtla_rec`, and many callers of one address (`--relay`). */

import assert from "node:assert/strict";
import { WRONG_ANSWER_DELAY_MS } from "../../mod/admission/wrong_passphrases.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import { SRTLA_PROBE } from "../fixtures/handshakes.ts";
import { call } from "../support/call.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";
/** More than the slots (handshakes in progress) of an address, and than the callers admitted in a second. */
const PROBES = 600;
/** More than the wrong passphrases of one address that are answered without delay. */
const WRONG_CALLS = 60;

/** Sends a probe from a port of its own, as `srtla_rec` does, and returns the length of the answer. */
async function probe(port: number): Promise<number> {
  using prober = new RawCaller(port);
  await prober.send(SRTLA_PROBE);
  return (await prober.receive()).byteLength;
}

Deno.test("probes of srtla_rec are answered with 64 bytes and leave no line and no slot", async () => {
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
        /if the address is that of a relay, add --relay with that address$/,
      );
    }
    first.close();
  });
}

/** Calls with a wrong passphrase and another stream name each time; returns how long each answer took, in ms. */
async function wrongCalls(port: number, calls: number): Promise<readonly number[]> {
  const answeredMs: number[] = [];
  for (let index = 0; index < calls; index += 1) {
    const call = SrtCaller.connect({ port, streamId: `cam${index}`, passphrase: "not-the-right-one" });
    await assert.rejects(call, (error) => {
      assert.ok(error instanceof CallerRefusedError);
      answeredMs.push(error.elapsedMs);
      return error.rejectReason === REJECTION.BADSECRET;
    });
  }
  return answeredMs;
}

for (const [relay, isLate] of [["127.0.0.1", false], ["192.0.2.7", true]] as const) {
  const name = `with --relay ${relay} many wrong passphrases of 127.0.0.1 are ${isLate ? "" : "not "}answered late`;
  Deno.test(name, () =>
    repeatIfDisturbed(async () => {
      const secrets = { "secret.txt": "opensesame123" };
      using config = new ConfigFolder(`passphrase-file = "secret.txt"\nrelay = "${relay}"\n`, secrets);
      await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
      const answeredMs = await wrongCalls(splitter.port, WRONG_CALLS);
      assert.strictEqual(answeredMs.some((ms) => ms >= WRONG_ANSWER_DELAY_MS), isLate, `${answeredMs}`);
    }));
}

Deno.test("--relay with something other than an address is refused at the start", async () => {
  const { code, stderr } = await Splitter.run(["listen", LOCAL, "--relay", "srtla"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /^error: cannot use --relay "srtla": "srtla" is not an address\nhint: write 192\.0\.2\.7/);
});
