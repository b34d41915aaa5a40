/** `send`: what it sends, and what it reports if it cannot. */

import assert from "node:assert/strict";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { formatBytes } from "../../mod/report/format.ts";
import { makePayload } from "../support/payload.ts";
import { type RunResult, Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

/**
 * Returns the duration that `send` reports, in s. Only the time while it is connected counts, so a slow start does not matter.
 */
function secondsOf(stdout: string): number {
  return Number(
    /^connected to 127\.0\.0\.1:\d+, .*\nsent .* in (\d+\.\d) s, .*, and all of it was acknowledged$/m.exec(stdout)
      ?.[1],
  );
}

async function sendPayload(args: readonly string[], env: Record<string, string> = {}): Promise<RunResult> {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("payload.ts"), makePayload(50));
  return await Splitter.run(["send", folder.file("payload.ts"), ...args], { env });
}

Deno.test("send delivers a stream at the rate of the stream's clock, byte for byte", async () => {
  using folder = new TemporaryFolder();
  const bytes = await makeTestStream(folder.file("a.ts"), 3);
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.file("out")]);
  const { code, stdout, stderr } = await Splitter.run([
    ...["send", folder.file("a.ts"), `srt://localhost:${splitter.port}?streamid=cam1`],
  ]);
  const end = await splitter.event("session-end");
  assert.deepStrictEqual([code, stderr], [0, ""]);
  assert.ok(secondsOf(stdout) >= 2.9, `less than the stream's 3 s: ${stdout}`);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), bytes);
  assert.deepStrictEqual([end.stream, end.reason], ["cam1", "caller-closed"]);
});

Deno.test("send --rate sends any file, byte for byte, at that rate", async () => {
  using folder = new TemporaryFolder();
  const bytes = crypto.getRandomValues(new Uint8Array(50_001));
  Deno.writeFileSync(folder.file("any.bin"), bytes);
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.file("out")]);
  const { code, stdout } = await Splitter.run([
    ...["send", folder.file("any.bin"), `srt://127.0.0.1:${splitter.port}`, "--rate", "400kbps"],
  ]);
  const end = await splitter.event("session-end");
  assert.strictEqual(code, 0);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), bytes);
  assert.ok(secondsOf(stdout) >= 1, `less than the 1 s that 50001 bytes take: ${stdout}`);
});

Deno.test("send --loop 3 sends the file three times", async () => {
  using folder = new TemporaryFolder();
  const bytes = await makeTestStream(folder.file("a.ts"), 1);
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.file("out")]);
  const { code, stdout } = await Splitter.run([
    ...["send", folder.file("a.ts"), `srt://127.0.0.1:${splitter.port}`, "--loop", "3"],
  ]);
  const end = await splitter.event("session-end");
  assert.strictEqual(code, 0);
  assertSameBytes(Deno.readFileSync(end.file ?? ""), new Uint8Array([...bytes, ...bytes, ...bytes]));
  assert.ok(secondsOf(stdout) >= 2.8, `less than three seconds: ${stdout}`);
});

Deno.test("send --passphrase-file encrypts the stream", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("secret"), "correct horse\n", { mode: 0o600 });
  const passphrase = ["--passphrase-file", folder.file("secret")];
  await using splitter = await Splitter.listen(["127.0.0.1:0", ...passphrase]);
  const { code, stdout } = await sendPayload([
    ...[`srt://127.0.0.1:${splitter.port}?pbkeylen=32`, "--rate", "8Mbps", ...passphrase],
  ]);
  const start = await splitter.event("session-start");
  assert.deepStrictEqual([code, start.encrypted, start.keyLength], [0, true, 32]);
  assert.match(stdout, /, encrypted\n/);
});

Deno.test("send reads the passphrase from SRT_SPLITTER_PASSPHRASE", async () => {
  const env = { SRT_SPLITTER_PASSPHRASE: "correct horse" };
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env });
  const { code, stdout, stderr } = await sendPayload(
    [`srt://127.0.0.1:${splitter.port}`, "--rate", "8Mbps", "-q"],
    env,
  );
  assert.deepStrictEqual([code, stdout, stderr], [0, "", ""]);
});

Deno.test("send that is refused prints the reason and its number", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await sendPayload([
    ...[`srt://127.0.0.1:${splitter.port}?streamid=#!::r=cam1,m=request`, "--rate", "8Mbps"],
  ]);
  assert.strictEqual(code, 10);
  assert.match(stderr, /refused by 127\.0\.0\.1:\d+: mode not supported \(SRT reason 1405, SRT_REJX_BAD_MODE\)/);
});

Deno.test("send with a wrong passphrase reports it", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { SRT_SPLITTER_PASSPHRASE: "correct horse" } });
  const { code, stderr } = await sendPayload([`srt://127.0.0.1:${splitter.port}`, "--rate", "8Mbps"], {
    SRT_SPLITTER_PASSPHRASE: "battery staple",
  });
  assert.strictEqual(code, 10);
  assert.match(stderr, /wrong passphrase \(SRT reason 10, SRT_REJ_BADSECRET\)/);
});

Deno.test("send without an answer reports it and has its own exit code", async () => {
  // bound by this test, which never answers
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  const { code, stderr } = await sendPayload([`srt://127.0.0.1:${port}?conntimeo=500`, "--rate", "8Mbps"]);
  silent.close();
  assert.strictEqual(code, 11);
  assert.match(stderr, /no answer from 127\.0\.0\.1:\d+ in time \(SRT reason 16, SRT_REJ_TIMEOUT\)/);
});

Deno.test("send that gets SIGTERM while it waits for an answer ends at once", async () => {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.bin"), makePayload(10));
  const silent = Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  await using sender = Splitter.start([
    ...["send", folder.file("a.bin"), `srt://127.0.0.1:${port}?conntimeo=300s`, "--rate", "2Mbps"],
  ]);
  await silent.receive();
  assert.strictEqual(await sender.stop("SIGTERM"), 130);
  silent.close();
  assert.match(sender.errors.join("\n"), /stopped by SIGTERM before the listener answered/);
});

Deno.test("send to a name without an address reports it", async () => {
  const { code, stderr } = await sendPayload(["srt://no-such-host.invalid:9000", "--rate", "8Mbps"]);
  assert.strictEqual(code, 11);
  assert.match(stderr, /cannot find the address of "no-such-host\.invalid"/);
});

Deno.test("send fails when the listener ends before everything is delivered", async () => {
  using folder = new TemporaryFolder();
  Deno.writeFileSync(folder.file("a.bin"), makePayload(5000));
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const sending = Splitter.run([
    ...["send", folder.file("a.bin"), `srt://127.0.0.1:${splitter.port}`, "--rate", "2Mbps"],
  ]);
  await splitter.event("session-start");
  await splitter.stop("SIGTERM");
  const { code, stderr } = await sending;
  assert.strictEqual(code, 12);
  assert.match(stderr, /cannot deliver everything: the listener ended the connection after \d+ bytes\nhint: /);
});

for (const [loop, expected] of [[["--loop"], 0], [[], 130]] as const) {
  Deno.test(`${["send", ...loop].join(" ")} that gets SIGTERM exits with code ${expected}, and what it sent is delivered`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeFileSync(folder.file("a.bin"), makePayload(5000));
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "100ms"]);
    await using sender = Splitter.start([
      ...["send", folder.file("a.bin"), `srt://127.0.0.1:${splitter.port}`, "--rate", "2Mbps", ...loop],
    ]);
    await splitter.event("stats", ({ bytes }) => bytes > 0);
    assert.strictEqual(await sender.stop("SIGTERM"), expected);
    const end = await splitter.event("session-end");
    assert.strictEqual(sender.lines.at(-1)?.split(" in ")[0], `sent ${formatBytes(end.bytes)}`);
  });
}

Deno.test("send without a rate refuses a stream without a clock, and prints what to do", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await sendPayload([`srt://127.0.0.1:${splitter.port}`]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /it has no clock \(PCR\)\nhint: give a rate, such as --rate 8Mbps/);
});

const USAGE: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    "a passphrase in the address",
    ["srt://127.0.0.1:9?passphrase=correcthorse"],
    /other users of this machine can read it/,
  ],
  [
    "a passphrase as an option",
    ["srt://127.0.0.1:9", "--passphrase=correcthorse"],
    /other users of this machine can read/,
  ],
  ["an address without a port", ["srt://127.0.0.1"], /it needs a host and a port/],
  ["a rate without a unit", ["srt://127.0.0.1:9", "--rate", "8"], /cannot use --rate "8"/],
  ["a loop count of 0", ["srt://127.0.0.1:9", "--loop", "0"], /cannot use --loop "0"/],
  ["a missing address", [], /cannot run send: ADDRESS is missing/],
  ["a third argument", ["srt://127.0.0.1:9", "b.ts"], /usage: srt-splitter send FILE ADDRESS/],
  [
    "a missing passphrase file",
    ["srt://127.0.0.1:9", "--passphrase-file", "/nowhere/secret"],
    /no such file/,
  ],
];

for (const [what, args, pattern] of USAGE) {
  Deno.test(`send refuses ${what} before it calls`, async () => {
    const { code, stdout, stderr } = await sendPayload(args);
    assert.deepStrictEqual([code, stdout], [2, ""]);
    assert.match(stderr, pattern);
    assert.doesNotMatch(stderr, /correcthorse/);
  });
}

Deno.test("send refuses a missing file", async () => {
  const { code, stderr } = await Splitter.run(["send", "/nowhere/a.ts", "srt://127.0.0.1:9"]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /cannot read "\/nowhere\/a\.ts": there is no such file$/m);
});

Deno.test("send refuses an empty file", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("empty.ts"), "");
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  const { code, stderr } = await Splitter.run(["send", folder.file("empty.ts"), `srt://127.0.0.1:${splitter.port}`]);
  assert.strictEqual(code, 2);
  assert.match(stderr, /cannot send the file: it is empty/);
});

Deno.test("send names the libsrt that cannot be loaded", async () => {
  const { code, stderr } = await sendPayload(["srt://127.0.0.1:9", "--libsrt", "/nowhere/libsrt.so"]);
  assert.strictEqual(code, 4);
  assert.match(stderr, /"\/nowhere\/libsrt\.so": not found/);
});

Deno.test("send --help shows its options", async () => {
  const { code, stdout } = await Splitter.run(["send", "--help"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /--loop \[N\]/);
});
