/** The files that a run writes, and the schemas of those files and of the events. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { DEADLINE_MS } from "../support/deadline.ts";
import { readJunit } from "../support/junit.ts";
import { makePayload } from "../support/payload.ts";
import { strictSchema } from "../support/schema.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

function readJson(file: string): Record<string, unknown> {
  return JSON.parse(Deno.readTextFileSync(file));
}

const validateEvent = strictSchema("mod/vocabulary/events.schema.json");
const validateSummary = strictSchema("mod/vocabulary/summary.schema.json");

Deno.test("every event of a real run matches the schema", async () => {
  await using splitter = await Splitter.listen([
    ...["127.0.0.1:0", "--stats", "100ms", "--expect", "sessions=1", "--expect", "bytes>0"],
  ]);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "#!::r=cam1,m=request" }));
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(5));
  await splitter.event("session-proven");
  await splitter.event("stats");
  await splitter.event("refusals");
  caller.close();
  await splitter.event("session-end");
  await splitter.stop();
  for (const event of splitter.events) validateEvent(event);
  const names = new Set(splitter.events.map(({ event }) => event));
  names.delete("no-data"); // if the machine stalls before the caller closes
  assert.deepStrictEqual([...names].sort(), [
    ...[
      "expectation",
      "listening",
      "refusals",
      "refused",
      "session-end",
      "session-proven",
      "session-start",
      "stats",
      "stopped",
      "stopping",
    ],
  ]);
});

Deno.test("--junit has a case for each session and expectation", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("report.xml");
  await using splitter = await Splitter.listen([
    ...["127.0.0.1:0", "--junit", file, "--expect", "sessions=2", "--expect", "bytes>=10MB"],
  ]);
  await call(splitter, "cam1");
  await splitter.event("session-end", ({ session }) => session === "s1");
  await call(splitter, 'a<b>&"c');
  await splitter.event("session-end", ({ session }) => session === "s2");
  await splitter.stop("SIGTERM");
  const { "@tests": tests, "@failures": failures, testsuite } = readJunit(file);
  assert.deepStrictEqual([tests, failures], ["4", "1"]);
  const [sessions, expectations] = testsuite;
  assert.deepStrictEqual(sessions?.testcase?.map((one) => one["@name"].replace(/ from .*/, "")), [
    "s1 cam1",
    's2 a<b>&"c',
  ]);
  assert.deepStrictEqual(expectations?.testcase?.map((one) => [one["@name"], one.failure !== undefined]), [
    ["sessions=2", false],
    ["bytes>=10MB", true],
  ]);
});

Deno.test("--junit has a failed session as a failure", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--junit", folder.file("report.xml")]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  Deno.kill((await splitter.event("session-start")).pid, "SIGKILL");
  await splitter.event("session-end");
  await splitter.stop();
  const [sessions] = readJunit(folder.file("report.xml")).testsuite;
  assert.strictEqual(sessions?.testcase?.[0]?.failure?.["@type"], "crashed");
});

Deno.test("--junit has a failure if no caller called", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("report.xml");
  await Splitter.run(["listen", "127.0.0.1:0", "--wait", "100ms", "--junit", file]);
  const { "@failures": failures, testsuite } = readJunit(file);
  assert.deepStrictEqual([failures, testsuite[0]?.testcase?.[0]?.failure?.["@type"]], ["1", "no-caller"]);
});

Deno.test("--summary has the values of the events, also after SIGTERM with a session running", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("summary.json");
  await using splitter = await Splitter.listen([
    ...["127.0.0.1:0", "--summary", file, "--expect", "sessions=1", "--out", folder.file("out")],
  ]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.event("session-start");
  const code = await splitter.stop("SIGTERM");
  const summary = readJson(file);
  validateSummary(summary);
  const [end] = splitter.eventsNamed("session-end");
  const [session] = summary.sessions as readonly Record<string, unknown>[];
  assert.deepStrictEqual([summary.cause, summary.exitCode, summary.port], ["SIGTERM", code, splitter.port]);
  assert.deepStrictEqual([session?.reason, session?.bytes, session?.end], ["stopped", end?.bytes, end?.time]);
});

Deno.test("a second signal ends the run at once, and --summary counts the session that it cut off as failed", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("summary.json");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--summary", file]);
  await using _caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const { pid } = await splitter.event("session-start");
  Deno.kill(pid, "SIGSTOP"); // it cannot end in time
  splitter.signal("SIGTERM");
  await splitter.event("stopping");
  await new Promise((resolve) => setTimeout(resolve, 600)); // an earlier second signal counts as a repeat of the first
  assert.strictEqual(await splitter.stop("SIGTERM"), 130);
  const summary = readJson(file);
  validateSummary(summary);
  assert.deepStrictEqual([summary.exitCode, (summary.total as { failed: number }).failed], [130, 1]);
});

Deno.test("--ready-file is complete when it exists, and its port can be called", async () => {
  using folder = new TemporaryFolder();
  const file = folder.file("ready.json");
  Deno.writeTextFileSync(file, "of an earlier run");
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--sessions", "1", "--ready-file", file], {
    text: true,
  });
  const listening = await firstContent(file);
  validateEvent(listening);
  await call({ port: Number(listening.port) }, "cam1");
  await splitter.ended();
  assert.deepStrictEqual(folder.names(), ["ready.json"]);
});

/** Waits for the file, and returns its first content. @throws {SyntaxError} It is not complete. */
async function firstContent(file: string): Promise<Record<string, unknown>> {
  using watcher = Deno.watchFs(file.replace(/\/[^/]*$/, ""));
  const timer = setTimeout(() => watcher.close(), DEADLINE_MS);
  try {
    for (;;) {
      const text = readIfThere(file);
      if (text !== null) return JSON.parse(text);
      if ((await watcher[Symbol.asyncIterator]().next()).done) {
        throw new Error("the ready file was not created in time");
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

function readIfThere(file: string): string | null {
  try {
    return Deno.readTextFileSync(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

for (const option of ["--junit", "--summary", "--ready-file"]) {
  Deno.test(`${option} in a missing folder is refused before anything starts`, async () => {
    const { code, stdout, stderr } = await Splitter.run(["listen", "127.0.0.1:0", option, "/nowhere/at/all.xml"]);
    assert.deepStrictEqual([code, stdout], [2, ""]);
    assert.match(stderr, /^error: cannot write "\/nowhere\/at\/all\.xml"/);
  });

  Deno.test(`${option} that is a folder is refused before anything starts`, async () => {
    using folder = new TemporaryFolder();
    const { code, stderr } = await Splitter.run(["listen", "127.0.0.1:0", option, folder.path]);
    assert.strictEqual(code, 2);
    assert.match(stderr, /it is a folder/);
  });
}

Deno.test("a report that cannot be written at the end has its own exit code", async () => {
  using folder = new TemporaryFolder();
  Deno.mkdirSync(folder.file("gone"));
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--summary", folder.file("gone/summary.json")]);
  Deno.removeSync(folder.file("gone"));
  assert.strictEqual(await splitter.stop(), 7);
  assert.match(splitter.errors.join("\n"), /cannot write .*summary\.json/);
});

Deno.test("--summary may be a named pipe", async () => {
  using folder = new TemporaryFolder();
  const pipe = folder.file("pipe");
  await new Deno.Command("mkfifo", { args: [pipe] }).output();
  const reading = new Deno.Command("cat", { args: [pipe], stdin: "null" }).output();
  const { code } = await Splitter.run(["listen", "127.0.0.1:0", "--for", "10ms", "--summary", pipe]);
  assert.strictEqual(code, 0);
  validateSummary(JSON.parse(new TextDecoder().decode((await reading).stdout)));
});
