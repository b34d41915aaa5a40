/** Rules, the configuration file, `check` and SIGHUP, with real callers. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runFfmpeg } from "../support/ffmpeg.ts";
import { childrenOf } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";

/** Options, a stream ID, and the reason and rule of the refusal; null: the caller is admitted. */
const RULES: readonly {
  readonly args: readonly string[];
  readonly streamId?: string;
  readonly refused: { readonly reason: number; readonly rule: string } | null;
}[] = [
  { args: ["--allow", "cam*"], streamId: "cam1", refused: null },
  { args: ["--allow", "cam*"], streamId: "dog", refused: { reason: 1403, rule: "--allow: no pattern matches" } },
  { args: ["--allow", "cam*"], refused: { reason: 1403, rule: "--allow: no pattern matches" } },
  { args: ["--deny", "cam*"], streamId: "cam1", refused: { reason: 1403, rule: '--deny "cam*"' } },
  { args: ["--deny", "cam*"], streamId: "dog", refused: null },
  { args: ["--allow", "cam1", "--deny", "cam*", "--allow", "*"], streamId: "cam1", refused: null },
  {
    args: ["--allow", "cam1", "--deny", "cam*", "--allow", "*"],
    streamId: "cam2",
    refused: { reason: 1403, rule: '--deny "cam*"' },
  },
  { args: ["--deny", "test*"], streamId: "test/..", refused: { reason: 1403, rule: '--deny "test*"' } },
  ...[" test1", "/test1", "\ufefftest1", "%74est1", "#!::R=test1,M=PUBLISH"].map((streamId) => ({
    args: ["--deny", "test*"],
    streamId,
    refused: { reason: 1403, rule: '--deny "test*"' },
  })),
  { args: ["--allow", "ATEM*"], streamId: "#!::bmd_uuid=0e1d,bmd_name=ATEM Mini", refused: null },
  { args: ["--allow", "Ku\u0308che"], streamId: "K%C3%BCche", refused: null },
  { args: ["--allow-from", "127.0.0.0/8"], refused: null },
  { args: ["--allow-from", "192.0.2.0/24"], refused: { reason: 1403, rule: "--allow-from: no range matches" } },
  { args: ["--deny-from", "127.0.0.1"], refused: { reason: 1403, rule: '--deny-from "127.0.0.1"' } },
  {
    args: ["--allow", "cam*", "--allow-from", "192.0.2.0/24"],
    streamId: "cam1",
    refused: { reason: 1403, rule: "--allow-from: no range matches" },
  },
];

for (const { args, streamId, refused } of RULES) {
  const who = streamId === undefined ? "a caller without a stream ID" : `the caller ${JSON.stringify(streamId)}`;
  const what = refused === null ? "is admitted" : `is refused with ${refused.reason} by ${refused.rule}`;
  Deno.test(`with ${args.join(" ")} ${who} ${what}`, async () => {
    await using splitter = await Splitter.listen([LOCAL, ...args]);
    const call = SrtCaller.connect({ port: splitter.port, ...(streamId === undefined ? {} : { streamId }) });
    if (refused === null) {
      (await call).close();
      await splitter.event("session-start");
      return;
    }
    await assert.rejects(call, { rejectReason: refused.reason });
    const { reason, rule } = await splitter.event("refused");
    assert.deepStrictEqual({ reason, rule }, refused);
  });
}

Deno.test("--deny-from refuses a caller over IPv6", async () => {
  await using splitter = await Splitter.listen(["[::1]:0", "--deny-from", "::/0"]);
  await assert.rejects(SrtCaller.connect({ host: "::1", port: splitter.port }), { rejectReason: 1403 });
});

Deno.test("a refused caller starts no process, and ffmpeg reports the rejection", async () => {
  await using splitter = await Splitter.listen([LOCAL, "--spares", "0", "--deny", "*"]);
  const uri = `srt://127.0.0.1:${splitter.port}?streamid=cam1`;
  const output = await runFfmpeg(["-f", "lavfi", "-i", "testsrc2", "-t", "1", "-f", "mpegts", uri], { mayFail: true });
  assert.match(output, /REJECT reported .*: Application-defined rejection reason/);
  assert.deepStrictEqual(childrenOf(splitter.pid), []);
});

Deno.test("a configuration file sets the address, and the output folder, whose path is relative to the file", async () => {
  using config = new ConfigFolder(`address = "${LOCAL}"\nout = "recordings"\n`);
  await using splitter = await Splitter.listen(["--config", config.file]);
  assert.deepStrictEqual((await splitter.event("listening")).addresses.map(({ address }) => address), ["127.0.0.1"]);
  assert.deepStrictEqual(config.namesIn("recordings"), []);
});

Deno.test("the command line takes precedence over the configuration file", async () => {
  using config = new ConfigFolder('deny = "cam*"\nmax-sessions = 1\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file, "--allow", "cam1"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  caller.close();
});

Deno.test("a refusal names file and line of the rule that decided", async () => {
  using config = new ConfigFolder('# who\ndeny = ["dog", "cam*"]\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
  assert.strictEqual((await splitter.event("refused")).rule, `deny "cam*" on line 2 of ${config.file}`);
});

Deno.test("a refusal names file and line of the limit that decided", async () => {
  using config = new ConfigFolder("max-sessions = 1\n");
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1402 });
  assert.strictEqual((await splitter.event("refused")).rule, `max-sessions = 1 on line 1 of ${config.file}`);
  caller.close();
});

const STREAM_TABLE = '[[stream]]\nname = "cam*"\nlatency = "700ms"\npassphrase-file = ["old.txt", "new.txt"]\n';
const SECRETS = { "old.txt": "old passphrase", "new.txt": "new passphrase", "anna.txt": "annas passphrase" };

Deno.test("a [[stream]] table sets the latency of its callers", async () => {
  using config = new ConfigFolder(STREAM_TABLE, SECRETS);
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    streamId: "cam1",
    passphrase: SECRETS["new.txt"],
  });
  assert.strictEqual((await splitter.event("session-start")).latencyMs, 700);
  caller.close();
});

for (const file of ["old.txt", "new.txt"] as const) {
  Deno.test(`while passphrases are rotated, a caller with the passphrase in ${file} is recorded`, async () => {
    using config = new ConfigFolder(STREAM_TABLE, SECRETS);
    await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
    await using caller = await SrtCaller.connect({
      port: splitter.port,
      streamId: "cam1",
      passphrase: SECRETS[file],
      keyLength: 32,
    });
    const payload = new Uint8Array(1316).fill(0x47);
    await caller.send(payload);
    await caller.waitUntilDelivered();
    caller.close();
    assert.strictEqual((await splitter.event("session-end")).bytes, payload.length);
  });
}

Deno.test("a caller with a passphrase that is not its stream's is refused with 10, and the table of its stream is named", async () => {
  using config = new ConfigFolder(STREAM_TABLE, SECRETS);
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  const call = SrtCaller.connect({ port: splitter.port, streamId: "cam1", passphrase: SECRETS["anna.txt"] });
  await assert.rejects(call, { rejectReason: 10 });
  assert.match((await splitter.event("refused")).rule ?? "", /\[\[stream\]\] on line 1 of/);
});

Deno.test("a [[user]] table sets a passphrase for one user", async () => {
  using config = new ConfigFolder(
    `${STREAM_TABLE}\n[[user]]\nname = "anna"\npassphrase-file = "anna.txt"\n`,
    SECRETS,
  );
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    streamId: "#!::u=anna,r=cam1",
    passphrase: SECRETS["anna.txt"],
  });
  assert.strictEqual((await splitter.event("session-start")).encrypted, true);
  caller.close();
});

Deno.test("a caller is refused if its address is not in `from` of its [[stream]] table", async () => {
  using config = new ConfigFolder('[[stream]]\nname = "cam*"\nfrom = "192.0.2.0/24"\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
});

Deno.test("SIGHUP reads the configuration file again, and running sessions continue", async () => {
  using config = new ConfigFolder('deny = "cam2"\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-start");
  config.write('deny = "cam1"\n');
  splitter.signal("SIGHUP");
  assert.strictEqual((await splitter.event("reloaded")).ok, true);
  await using second = await SrtCaller.connect({ port: splitter.port, streamId: "cam2" });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1403 });
  assert.deepStrictEqual(splitter.eventsNamed("session-end"), []);
  first.close();
  second.close();
});

Deno.test("a bad configuration file changes nothing at SIGHUP and is reported with line and key", async () => {
  using config = new ConfigFolder('deny = "cam2"\n');
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  config.write('deny = "cam1"\nlatancy = 200\n');
  splitter.signal("SIGHUP");
  const { ok, text } = await splitter.event("reloaded");
  assert.strictEqual(ok, false);
  assert.match(text, /"latancy" on line 2 .*did you mean latency\?/);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam2" }), { rejectReason: 1403 });
});

Deno.test("SIGHUP names the keys that apply only after the next start", async () => {
  using config = new ConfigFolder("utc = false\n");
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  config.write("utc = true\n");
  splitter.signal("SIGHUP");
  assert.match((await splitter.event("reloaded")).text, /until the next start: utc$/);
});

/** Arguments of `check`, and its result. */
const CHECKS: readonly { readonly args: readonly string[]; readonly code: number; readonly prints: RegExp }[] = [
  { args: [], code: 0, prints: /can be used: 1 rule, 1 \[\[stream\]\] table/ },
  { args: ["--stream", "cam1", "--from", "192.0.2.7"], code: 0, prints: /is admitted: allow "cam\*" on line 1 of/ },
  {
    args: ["--stream", "dog", "--from", "192.0.2.7"],
    code: 1,
    prints: /refused with 1403 .*\n.*allow on line 1 of .*: no pattern matches/,
  },
  { args: ["--stream", "#!::m=request,r=cam1", "--from", "::1"], code: 1, prints: /refused with 1405/ },
  { args: ["--stream", "cam1"], code: 2, prints: /without its address/ },
  { args: ["--from", "192.0.2.0/24"], code: 2, prints: /is a range/ },
];

for (const { args, code, prints } of CHECKS) {
  Deno.test(`check ${args.join(" ")} ends with ${code}`, async () => {
    using config = new ConfigFolder(`allow = "cam*"\n${STREAM_TABLE}`, SECRETS);
    const result = await Splitter.run(["check", "--config", config.file, ...args]);
    assert.match(result.stdout + result.stderr, prints);
    assert.strictEqual(result.code, code);
  });
}

/**
 * Settings that `listen` rejects before it listens, so `check` must find them; `plain` is a file next to the configuration
 * file.
 */
const UNUSABLE: readonly (readonly [string, RegExp])[] = [
  ['out = "plain"', /cannot record into ".*plain": it is not a folder/],
  ['out = "plain/below"', /cannot record into ".*plain\/below": it is not a folder/],
  ['junit = "none/junit.xml"', /cannot write ".*none\/junit\.xml": its folder does not exist/],
  ['summary = "none/summary.json"', /cannot write ".*none\/summary\.json"/],
  ['ready-file = "none/ready.json"', /cannot write ".*none\/ready\.json"/],
  ['ready-file = "."', /cannot write ".*": it is a folder/],
  ['libsrt = "./none.so"', /cannot use the libsrt ".*none\.so": there is no such file/],
];

Deno.test("check accepts report files in an output folder that does not exist yet, and creates nothing", async () => {
  using config = new ConfigFolder(`address = "${LOCAL}"\nout = "a/rec"\njunit = "a/rec/j.xml"\nsummary = "a/s.json"\n`);
  const { code } = await Splitter.run(["check", "--config", config.file]);
  assert.strictEqual(code, 0);
  assert.deepStrictEqual(config.namesIn("."), ["splitter.toml"]);
});

for (const [text, message] of UNUSABLE) {
  Deno.test(`check finds that ${text} cannot be used, as listen does`, async () => {
    using config = new ConfigFolder(`address = "${LOCAL}"\n${text}\n`, { plain: "no folder" });
    const { code, stdout, stderr } = await Splitter.run(["check", "--config", config.file]);
    assert.deepStrictEqual([code, stdout], [2, ""]);
    assert.match(stderr, message);
    const listening = await Splitter.run(["listen", "--config", config.file, "--for", "1ms"]);
    assert.ok([2, 4].includes(listening.code), `${listening.code}: ${listening.stderr}`);
  });
}

Deno.test("check starts no program of the file", async () => {
  using config = new ConfigFolder('pipe = "touch piped"\non = "session-end=touch hooked"\nout = "-"\n');
  const { code, stdout } = await Splitter.run(["check", "--config", config.file]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /\nnot checked: .*whether stdout is connected to a program or a file, /);
  assert.deepStrictEqual(config.namesIn("."), ["splitter.toml"]);
});

Deno.test("check creates nothing, and names what it did not check", async () => {
  const text = 'out = "new/recordings"\njunit = "junit.xml"\nlibsrt = "none.so"\n';
  using config = new ConfigFolder(text, { "junit.xml": "of an earlier run" });
  const { code, stdout } = await Splitter.run(["check", "--config", config.file]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /\nnot checked: .*srt-splitter version --libsrt none\.so/);
  assert.deepStrictEqual(config.namesIn(".").toSorted(), ["junit.xml", "splitter.toml"]);
});

Deno.test({
  name: "`deno task check` runs the command `check` of this program",
  ignore: EXECUTABLE !== null,
  fn: async () => {
    using config = new ConfigFolder('allow = "cam*"\n');
    const project = fileURLToPath(new URL("../../deno.json", import.meta.url));
    const args = ["task", "--config", project, "check", "-c", config.file, "--stream", "dog", "--from", "::1"];
    const { code, stdout } = await new Deno.Command(Deno.execPath(), { args, stderr: "null" }).output();
    assert.strictEqual(code, 1);
    assert.match(new TextDecoder().decode(stdout), /can be used: 1 rule.*\n"dog" from ::1 is refused with 1403/);
  },
});
