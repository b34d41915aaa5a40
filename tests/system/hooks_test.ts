/** `--on`: commands that are started for events, with real callers and real commands. */

import assert from "node:assert/strict";
import { sendTestPicture } from "../support/ffmpeg.ts";
import { losesPermanently } from "../support/lossy_link.ts";
import { LossyScene } from "../support/lossy_scene.ts";
import { MOUNTS, needing } from "../support/needs.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, descendantsOf, processStatus, waitUntil, waitUntilGone } from "../support/processes.ts";
import { placeRecording } from "../support/recordings.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { SmallDisk } from "../support/small_disk.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { ConfigFolder } from "./config_folder.ts";

const LOCAL = "127.0.0.1:0";

/** A hook that stores its input, its environment and its arguments in files of `folder`, in this order. */
function storing(folder: TemporaryFolder, events: string, argument = ""): string {
  const script =
    `cd ${folder.path} && cat > $1.json && env -0 > $1.env && printf %s "$2" > $1.part && mv $1.part $1.args`;
  return `${events}=sh -c '${script}' sh {event} ${argument}`;
}

/** Waits until a hook that {@linkcode storing} made has run. */
async function stored(folder: TemporaryFolder, name: string) {
  await waitUntil(`the hook ${name}`, () => folder.names().includes(`${name}.args`));
  const entries = Deno.readTextFileSync(folder.file(`${name}.env`)).split("\0").filter((entry) => entry !== "");
  return {
    message: JSON.parse(Deno.readTextFileSync(folder.file(`${name}.json`))),
    environment: Object.fromEntries(
      entries.map((entry) => [entry.slice(0, entry.indexOf("=")), entry.slice(entry.indexOf("=") + 1)]),
    ),
    argument: Deno.readTextFileSync(folder.file(`${name}.args`)),
  };
}

Deno.test("hooks of a session get its events as JSON, its facts in the environment, and its file as argument", async () => {
  using folder = new TemporaryFolder();
  using results = new TemporaryFolder();
  const hook = storing(results, "session-start,segment,session-end", "{file}");
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--on", hook]);
  await sendAndClose(splitter.port, "cam1");
  const start = await splitter.event("session-start");
  const end = await splitter.event("session-end");
  const expected = [
    ["session-start", { ...start, hook: "session-start" }],
    ["session-end", { ...end, hook: "session-end" }],
    ["segment", { ...end, hook: "segment", completed: end.file }],
  ] as const;
  for (const [name, message] of expected) {
    const hooked = await stored(results, name);
    assert.deepStrictEqual(hooked.message, message);
    const file = (name === "session-start" ? start : end).file ?? ""; // on a slow disk, the file is created later
    assert.strictEqual(hooked.argument, file);
    const own = Object.entries(hooked.environment).filter(([key]) => key.startsWith("SRT_SPLITTER_"));
    assert.deepStrictEqual(Object.fromEntries(own), {
      SRT_SPLITTER_EVENT: name,
      SRT_SPLITTER_TIME: message.time,
      SRT_SPLITTER_SESSION: "s1",
      SRT_SPLITTER_STREAM: "cam1",
      ...(file === "" ? {} : { SRT_SPLITTER_FILE: file }),
      SRT_SPLITTER_CALLER: `127.0.0.1:${start.caller.port}`,
      ...(name === "session-start" ? {} : { SRT_SPLITTER_REASON: "caller-closed", SRT_SPLITTER_TEXT: end.text }),
    });
  }
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(splitter.errors, []);
});

Deno.test("the hook segment runs for each file once it is complete", async () => {
  using folder = new TemporaryFolder();
  using results = new TemporaryFolder();
  const hook = `segment=sh -c 'stat -c "%n %s" {file} >> ${results.file("files")}'`;
  const args = [
    "--out",
    folder.path,
    "--segment",
    "1s",
    "--sessions",
    "1",
    "--hooks-at-once",
    "1",
    "--on",
    hook,
  ];
  await using splitter = await Splitter.listen([LOCAL, ...args]);
  const source = { file: results.file("sent.ts"), seconds: 4 };
  await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, source);
  await splitter.ended();
  const [end] = splitter.eventsNamed("session-end");
  assert.ok((end?.files.length ?? 0) >= 3, `${end?.files.length} files`);
  const sizes = end?.files.map((file) => `${file} ${Deno.statSync(file).size}`);
  assert.deepStrictEqual(Deno.readTextFileSync(results.file("files")).trimEnd().split("\n"), sizes);
});

for (
  const [streamId, inVariable, safe] of [
    ["$(touch x)", "$(touch x)", "touch_x"],
    ["`id`;'\"", "`id`;'\"", "id"],
    ["cam\n2", "cam2", "cam_2"],
    ["--help", "--help", "help"],
    ["a\u202eb", "ab", "a_b"],
  ] as const
) {
  Deno.test(`the stream name ${JSON.stringify(streamId)} changes no command of a hook`, async () => {
    using results = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--on", storing(results, "session-end", "{stream}")]);
    await sendAndClose(splitter.port, streamId);
    const { environment, argument, message } = await stored(results, "session-end");
    assert.strictEqual(argument, safe);
    assert.strictEqual(environment["SRT_SPLITTER_STREAM"], inVariable);
    assert.deepStrictEqual(message, { ...await splitter.event("session-end"), hook: "session-end" });
    assert.deepStrictEqual(results.names(), ["session-end.args", "session-end.env", "session-end.json"]);
  });
}

Deno.test("the hook refused runs for a refused caller, and session hooks do not", async () => {
  using results = new TemporaryFolder();
  const hook = storing(results, "refused,session-start,session-end", "{reason}");
  await using splitter = await Splitter.listen([LOCAL, "--deny", "cam9", "--on", hook]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam9" }));
  const { message, argument } = await stored(results, "refused");
  const refused = await splitter.event("refused");
  assert.deepStrictEqual([message, argument], [{ ...refused, hook: "refused" }, String(refused.reason)]);
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(results.names(), ["refused.args", "refused.env", "refused.json"]);
});

Deno.test("the hooks no-data and data-again run when payload stops and resumes", async () => {
  using results = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--on", storing(results, "no-data,data-again", "{stream}")]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(10));
  const { message, argument } = await stored(results, "no-data");
  assert.deepStrictEqual([message, argument], [{ ...await splitter.event("no-data"), hook: "no-data" }, "cam1"]);
  await caller.send(makePayload(10));
  assert.deepStrictEqual((await stored(results, "data-again")).message.hook, "data-again");
  caller.close();
});

Deno.test("the hook missing runs when packets go missing", async () => {
  using results = new TemporaryFolder();
  const args = ["--on", storing(results, "missing", "{session}")];
  await using scene = await LossyScene.open({ data: losesPermanently(10) }, { args });
  await scene.caller.send(makePayload(1000), { bitsPerSecond: 5_000_000 });
  const { message, argument } = await stored(results, "missing");
  assert.deepStrictEqual([message, argument], [{ ...await scene.splitter.event("missing"), hook: "missing" }, "s1"]);
  scene.caller.close();
});

Deno.test({
  ...needing([MOUNTS], "the hook disk-low runs when little of the disk is free"),
  fn: async () => {
    using disk = new SmallDisk("64m");
    using results = new TemporaryFolder();
    placeRecording(`${disk.path}/old.ts`, { bytes: 40_000_000 });
    disk.setFree(3_000_000);
    const hook = storing(results, "disk-low", "{event}");
    await using splitter = await Splitter.listen([LOCAL, "--out", disk.path, "--on", hook]);
    const { message, environment } = await stored(results, "disk-low");
    const event = await splitter.event("disk-low");
    assert.deepStrictEqual(message, { ...event, hook: "disk-low" });
    assert.strictEqual(environment["SRT_SPLITTER_TEXT"], event.text);
  },
});

Deno.test("no hook runs for a caller that sends nothing", async () => {
  using results = new TemporaryFolder();
  const hook = storing(results, "session-start,session-end");
  await using splitter = await Splitter.listen([LOCAL, "--on", hook]);
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-start");
  caller.close();
  assert.strictEqual((await splitter.event("session-end")).attempt, true);
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(results.names(), []);
});

Deno.test("secrets of the listener and of stream IDs reach no hook", async () => {
  using results = new TemporaryFolder();
  const env = { SRT_SPLITTER_PASSPHRASE: "correct horse battery" };
  await using splitter = await Splitter.listen([LOCAL, "--on", storing(results, "session-start")], { env });
  const streamId = "#!::r=cam1,s=hush-hush";
  await using caller = await SrtCaller.connect({
    port: splitter.port,
    streamId,
    passphrase: env.SRT_SPLITTER_PASSPHRASE,
  });
  await caller.send(makePayload(10));
  await stored(results, "session-start");
  const all = results.names().map((name) => Deno.readTextFileSync(results.file(name))).join("\n");
  for (const secret of [env.SRT_SPLITTER_PASSPHRASE, "hush-hush"]) assert.ok(!all.includes(secret), secret);
  caller.close();
});

Deno.test("a hook that fails is a warning with the end of its output, and the run succeeds", async () => {
  const hook = "session-start=sh -c 'echo on stdout; echo on stderr >&2; exit 3'";
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", "--on", hook]);
  await sendAndClose(splitter.port, "cam1");
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.deepStrictEqual(splitter.errors, [
    "warning: hook session-start (s1): sh failed with exit code 3",
    "  on stdout",
    "  on stderr",
  ]);
});

Deno.test("a hook that runs too long is ended with everything that it has started", async () => {
  using results = new TemporaryFolder();
  const hook = `session-end=sh -c 'sleep 1000 & echo $! > ${results.file("pid")}; wait'`;
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", "--hook-timeout", "3s", "--on", hook]);
  await sendAndClose(splitter.port, "cam1");
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.deepStrictEqual(splitter.errors, [
    "warning: hook session-end (s1): sh did not end within 3.0 s, and was ended (SIGTERM)",
  ]);
  await waitUntilGone(Number(Deno.readTextFileSync(results.file("pid"))));
});

Deno.test("at most --hooks-at-once commands run at the same time, and all run before the listener ends", async () => {
  using results = new TemporaryFolder();
  const script = `cd ${results.path}; echo begin >> log; sleep 0.1; echo end >> log`;
  const hooks = Array.from({ length: 4 }, () => ["--on", `session-end=sh -c '${script}'`]).flat();
  await using splitter = await Splitter.listen([LOCAL, "--sessions", "1", "--hooks-at-once", "1", ...hooks]);
  await sendAndClose(splitter.port, "cam1");
  assert.strictEqual((await splitter.ended()).code, 0);
  assert.strictEqual(Deno.readTextFileSync(results.file("log")), "begin\nend\n".repeat(4));
});

/** Arguments of a listener with a hook that runs until it is ended. */
function endlessHook(results: TemporaryFolder): readonly string[] {
  const hook =
    `session-end=sh -c 'echo $$ > ${results.file("part")}; mv ${results.file("part")} ${results.file("pid")}; ` +
    "exec sleep 1000'";
  return [LOCAL, "--spares", "0", "--verbose", "--on", hook];
}

/** Starts the hook of {@linkcode endlessHook}, and returns its process. */
async function startEndlessHook(splitter: Splitter, results: TemporaryFolder): Promise<number> {
  await sendAndClose(splitter.port, "cam1");
  await waitUntil("the hook", () => results.names().includes("pid"));
  const command = Number(Deno.readTextFileSync(results.file("pid")));
  await splitter.errorLine(new RegExp(`a command of a hook runs as process ${command}$`)); // the listener knows it
  return command;
}

Deno.test("hooks end with a listener that is killed", async () => {
  using results = new TemporaryFolder();
  await using splitter = await Splitter.listen(endlessHook(results));
  const command = await startEndlessHook(splitter, results);
  const below = descendantsOf(splitter.pid);
  assert.ok(below.includes(command), "the command is not below the listener");
  splitter.signal("SIGKILL");
  for (const pid of below) await waitUntilGone(pid);
});

Deno.test("a second Ctrl-C ends hooks that still run", async () => {
  using results = new TemporaryFolder();
  await using splitter = await Splitter.listen(endlessHook(results));
  const command = await startEndlessHook(splitter, results);
  splitter.signal("SIGINT");
  await splitter.event("stopping");
  assert.notStrictEqual(processStatus(command), null);
  // signals within 500 ms count as one press
  const again = setInterval(() => {
    if (processStatus(splitter.pid) !== null) splitter.signal("SIGINT");
  }, 200);
  await splitter.event("stopped");
  clearInterval(again);
  await splitter.ended();
  await waitUntilGone(command);
  assert.deepStrictEqual(splitter.errors.filter((line) => !line.startsWith("debug: ")), [
    "warning: hook session-end (s1): sh was still running when the listener stopped, and was ended (SIGKILL)",
  ]);
});

Deno.test("commands end with a hook process that dies", async () => {
  using results = new TemporaryFolder();
  await using splitter = await Splitter.listen(endlessHook(results));
  const command = await startEndlessHook(splitter, results);
  Deno.kill(processStatus(command)?.parent ?? 0, "SIGKILL");
  await waitUntilGone(command);
  assert.strictEqual(await splitter.stop(), 0);
});

Deno.test("a hook process that dies is started again for the next event", async () => {
  using results = new TemporaryFolder();
  const hook = storing(results, "session-end");
  await using splitter = await Splitter.listen([LOCAL, "--spares", "0", "--on", hook]);
  const [pid = 0] = childrenOf(splitter.pid);
  Deno.kill(pid, "SIGKILL");
  await splitter.errorLine(/^warning: the process of the hooks has ended \(SIGKILL\)/);
  await sendAndClose(splitter.port, "cam1");
  await stored(results, "session-end");
});

Deno.test("a [[hook]] table sets events, command and time limit, and SIGHUP applies a changed one", async () => {
  using results = new TemporaryFolder();
  const table = (name: string) =>
    `[[hook]]\non = ["session-start", "session-end"]\ncommand = "touch ${
      results.file(name)
    }_{event}"\ntimeout = "5s"\n`;
  using config = new ConfigFolder("");
  await using splitter = await Splitter.listen([LOCAL, "--config", config.file]);
  config.write(table("first"));
  splitter.signal("SIGHUP");
  await splitter.event("reloaded", ({ ok }) => ok);
  await sendAndClose(splitter.port, "cam1");
  await waitUntil("the first hooks", () => results.names().length === 2);
  config.write(table("second"));
  splitter.signal("SIGHUP");
  await waitUntil("the second reload", () => splitter.eventsNamed("reloaded").length === 2);
  await sendAndClose(splitter.port, "cam1");
  await waitUntil("the second hooks", () => results.names().length === 4);
  assert.deepStrictEqual(results.names(), [
    "first_session-end",
    "first_session-start",
    "second_session-end",
    "second_session-start",
  ]);
});

for (
  const [hook, message] of [
    [
      "session-end=no-such-program",
      /^error: cannot use --on: there is no program "no-such-program"\nhint: install it/,
    ],
    ["session-over=true", /^error: cannot use --on: there is no such event for hooks\nhint: (did you mean|events:)/],
    ["session-end", /^error: cannot use --on: it has no =\nhint: /],
    ["session-end=echo {password}", /^error: cannot use --on: it has an unknown field\nhint: fields: \{event\}/],
  ] as const
) {
  Deno.test(`--on ${JSON.stringify(hook)} is an error at the start`, async () => {
    const { code, stderr } = await Splitter.run(["listen", LOCAL, "--on", hook]);
    assert.strictEqual(code, 2);
    assert.match(stderr, message);
  });
}
