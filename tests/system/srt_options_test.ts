/** SRT options of the session (`--srt`), with real callers: their effects, and errors in them. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { type LossRules, LossyLink } from "../support/lossy_link.ts";
import { needing, RAW_SOCKETS } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { SniffedDatagrams } from "../support/sniffed_datagrams.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller, type SrtCallerOptions } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";
const PASSPHRASE = "opensesame123";
const MBPS_4 = 4_000_000;
/** First word of an ACK. */
const ACK = 0x8002_0000;

/** `--srt` for each option. */
function srt(...options: readonly string[]): readonly string[] {
  return options.flatMap((option) => ["--srt", option]);
}

/** Records a caller behind a link until it ends; returns what was recorded and how the session ended. */
async function record(
  options: readonly string[],
  { rules, payload, ...call }: Omit<SrtCallerOptions, "port"> & { rules: LossRules; payload: Uint8Array<ArrayBuffer> },
) {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...options]);
  await using link = new LossyLink(splitter.port, rules);
  await using caller = await SrtCaller.connect({ port: link.port, ...call });
  await caller.send(payload, { bitsPerSecond: MBPS_4 });
  await caller.waitUntilDelivered();
  caller.close();
  const end = await splitter.event("session-end");
  return { end, recorded: end.file === null ? new Uint8Array() : Deno.readFileSync(end.file) };
}

for (
  const [options, requests] of [
    [[], true],
    [["lossmaxttl=60"], false],
  ] as const
) {
  const which = options.length === 0 ? "without lossmaxttl" : `with ${options.join()}`;
  Deno.test(`${which}, packets that are overtaken are ${requests ? "" : "not "}requested`, () =>
    repeatIfDisturbed(async () => {
      const payload = makePayload(1200);
      // delayed so that about 8 packets overtake it
      const rules = { delayMs: (index: number) => index % 40 === 20 ? 20 : 0 };
      const { end, recorded } = await record(srt(...options), { rules, payload, latencyMs: 1000 });
      assertSameBytes(recorded, payload);
      assert.strictEqual((end.statistics?.pktRcvRetransTotal ?? 0) > 0, requests, JSON.stringify(end.statistics));
    }));
}

for (
  const [latencyMs, options, what] of [
    [8000, [], "the default receive buffer"],
    [500, ["rcvbuf=600kB", "fc=500"], "a receive buffer that is set with --srt"],
  ] as const
) {
  Deno.test(`${what} holds all payload that arrives within the latency`, () =>
    repeatIfDisturbed(async () => {
      const payload = makePayload(1200);
      const { end, recorded } = await record(srt(...options), { rules: {}, payload, latencyMs });
      assertSameBytes(recorded, payload);
      assert.deepStrictEqual([end.reason, end.statistics?.pktRcvDropTotal], ["caller-closed", 0]);
    }));
}

Deno.test("a session whose buffer was set too small is not reported as closed by the caller, and its advice names the options", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--idle", "3s", ...srt("fc=32")]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 2000 });
  await caller.send(makePayload(3000), { bitsPerSecond: MBPS_4 }).catch(() => {}); // the session ends meanwhile
  const end = await splitter.event("session-end");
  assert.notStrictEqual(end.reason, "caller-closed");
  assert.match(end.advice, /^remove fc and rcvbuf from the SRT options/);
});

Deno.test("peeridletimeo of a stream table limits how long its callers may be silent, and SIGHUP changes it", async () => {
  const table = (ms: number) => `[[stream]]\nname = "cam1"\nsrt = { peeridletimeo = ${ms} }\n`;
  using config = new ConfigFolder(table(2000));
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  const vanish = async (session: string) => {
    await using caller = LiveTransmit.call({ port: splitter.port, query: "streamid=cam1" });
    await splitter.event("session-start", (start) => start.session === session);
    await caller.vanish();
    return await splitter.event("session-end", (end) => end.session === session);
  };
  const first = await vanish("s1");
  assert.deepStrictEqual([first.reason, first.text], ["silence", "nothing arrived from the caller for 2 s"]);
  config.write(table(2500));
  splitter.signal("SIGHUP");
  assert.strictEqual((await splitter.event("reloaded")).ok, true);
  assert.strictEqual((await vanish("s2")).text, "nothing arrived from the caller for 2.5 s");
});

Deno.test("minversion admits callers of a later version, and refuses those of an earlier one with reason 8", async () => {
  await using splitter = await Splitter.listen([LOCAL, ...srt("minversion=1.3.0")]);
  (await SrtCaller.connect({ port: splitter.port })).close();
  await splitter.event("session-start");
  await using strict = await Splitter.listen([LOCAL, ...srt("minversion=9.0")]);
  await assert.rejects(SrtCaller.connect({ port: strict.port }), { rejectReason: 8 });
  const { reason, text } = await strict.event("refused");
  assert.strictEqual(reason, 8);
  assert.match(text, /^the caller has SRT 1\.\d+\.\d+, and minversion requires a later one$/);
});

Deno.test("with enforcedencryption=0, callers that do not encrypt and callers with the passphrase are both recorded", async () => {
  using config = new ConfigFolder('passphrase-file = "secret.txt"\nsrt.enforcedencryption = false\n', {
    "secret.txt": PASSPHRASE,
  });
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file, "--out", folder.path]);
  const payload = makePayload(100);
  for (const passphrase of [undefined, PASSPHRASE]) {
    await using caller = await SrtCaller.connect({ port: splitter.port, ...(passphrase ? { passphrase } : {}) });
    await caller.send(payload, { bitsPerSecond: MBPS_4 });
    await caller.waitUntilDelivered();
    caller.close();
    const session = passphrase === undefined ? "s1" : "s2";
    const { encrypted } = await splitter.event("session-start", (start) => start.session === session);
    assert.strictEqual(encrypted, passphrase !== undefined);
    const { file } = await splitter.event("session-end", (end) => end.session === session);
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }
  const wrong = SrtCaller.connect({ port: splitter.port, passphrase: "another-passphrase" });
  await assert.rejects(wrong, { rejectReason: 10 });
});

for (const [pbkeylen, expected] of [[32, 32], [0, 24]] as const) {
  Deno.test(`with pbkeylen=${pbkeylen} a caller with a key of 24 bytes uses ${expected}`, async () => {
    using config = new ConfigFolder(`passphrase-file = "secret.txt"\nsrt.pbkeylen = ${pbkeylen}\n`, {
      "secret.txt": PASSPHRASE,
    });
    await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
    await using caller = await SrtCaller.connect({ port: splitter.port, passphrase: PASSPHRASE, keyLength: 24 });
    assert.strictEqual((await splitter.event("session-start")).keyLength, expected);
    caller.close();
  });
}

Deno.test({
  ...needing([RAW_SOCKETS], "iptos and ipttl apply to the packets to the caller"),
  fn: async () => {
    await using splitter = await Splitter.listen([LOCAL, ...srt("iptos=0xB8", "ipttl=17")]);
    using sniffed = new SniffedDatagrams();
    await using caller = await SrtCaller.connect({ port: splitter.port });
    await caller.send(makePayload(10), { bitsPerSecond: MBPS_4 });
    const { service, lifetime } = await sniffed.next(({ sourcePort, payload }) => {
      return sourcePort === splitter.port && payload.byteLength > 16 && payload.getUint32(0) === ACK;
    });
    assert.deepStrictEqual([service, lifetime], [0xb8, 17]);
    caller.close();
  },
});

for (
  const [option, message] of [
    [
      "losmaxttl=40",
      /^error: cannot use --srt "losmaxttl": there is no such SRT option\nhint: did you mean lossmaxttl\?/,
    ],
    ["tsbpdmode=0", /^error: cannot use --srt "tsbpdmode": only live mode is recorded\n/],
    ["tlpktdrop=0", /^error: cannot use --srt "tlpktdrop=0": the session would stop/],
    ["fc=8", /^error: cannot use --srt "fc=8": it is too small\nhint: fc is a whole number from 32/],
    ["packetfilter=xor", /^error: cannot use --srt "packetfilter=xor": there is no packet filter "xor", only fec\n/],
  ] as const
) {
  Deno.test(`--srt ${option} is refused at the start, with the cause`, async () => {
    const { code, stderr } = await Splitter.run(["listen", LOCAL, "--srt", option]);
    assert.strictEqual(code, 2);
    assert.match(stderr, message);
  });
}

Deno.test("check prints the SRT options of a stream", async () => {
  using config = new ConfigFolder(
    'srt.fc = 9000\n[[stream]]\nname = "cam1"\nsrt = { minversion = "1.4.2", nakreport = 0 }\n',
  );
  const question = ["--stream", "cam1", "--from", "127.0.0.1"];
  const { code, stdout } = await Splitter.run(["check", "--config", config.file, ...question]);
  assert.strictEqual(code, 0);
  for (const line of ["fc: 9000", "minversion: 1.4.2", "nakreport: 0"]) {
    assert.match(stdout, new RegExp(`SRT option ${line}`));
  }
});

Deno.test("SRT options of the address apply to the sessions", async () => {
  await using splitter = await Splitter.listen(["srt://127.0.0.1:0?mode=listener&minversion=9.0"]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 8 });
});
