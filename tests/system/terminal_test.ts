/** The output on a real terminal. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";
import { Splitter, splitterCommand } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { Terminal, type TerminalOptions } from "../support/terminal.ts";

const SUMS = /^port (\d+): /;
const HEAD = /^ID STREAM/;

async function listenIn(
  options: Partial<TerminalOptions> = {},
  args: readonly string[] = [],
): Promise<Terminal> {
  const command = splitterCommand(["listen", "127.0.0.1:0", ...args]);
  return await Terminal.start([command.file, ...command.args], { columns: 80, rows: 24, ...options });
}

async function portOf(terminal: Terminal): Promise<number> {
  const rows = await terminal.until("the UDP port", (rows) => rows.some((row) => row.includes("UDP port")));
  return Number(/UDP port (\d+)/.exec(rows.join("\n"))?.[1]);
}

function has(rows: readonly string[], pattern: RegExp): boolean {
  return rows.some((row) => pattern.test(row));
}

Deno.test("the table shows each session, is redrawn in place, and events scroll above it", async () => {
  using folder = new TemporaryFolder();
  await using terminal = await listenIn({}, ["--out", folder.path]);
  const port = await portOf(terminal);
  await terminal.until("the sums", (rows) => has(rows, /waiting for callers/));
  await using first = await SrtCaller.connect({ port, streamId: "cam1" });
  await using second = await SrtCaller.connect({ port, streamId: "cam2" });
  await Promise.all([first, second].map((caller) => caller.send(makePayload(500), { bitsPerSecond: 2_000_000 })));
  const rows = await terminal.until(
    "two sessions with figures, and a file name that is on one line",
    (rows) =>
      has(rows, /^s1 cam1 .*bit\/s/) && has(rows, /^s2 cam2 .*bit\/s/) &&
      has(rows, /^ {11}.*file cam2_[\d-]+_[\d-]+\.ts$/),
  );
  const table = rows.findIndex((row) => HEAD.test(row));
  assert.ok(rows.findIndex((row) => /\+ cam2 \(s2\) begins/.test(row)) < table, "the event stands above the table");
  assert.strictEqual(rows.filter((row) => HEAD.test(row)).length, 1);
  first.close();
  const last = /^RECORDING to \/.*, [\d.]+ .B free/;
  await terminal.until(
    "the end of s1",
    (rows) =>
      has(rows, /- cam1 \(s1\) ended/) && !has(rows, /^s1 cam1/) && last.test(rows.findLast((row) => row !== "") ?? ""),
  );
  await terminal.until("the payload of both", (rows) => has(rows, /^port \d+: 1 running, .*, 1\.3 MB, 1 ended, /));
  // there is no header row while the table is being redrawn
  assert.ok((await terminal.history()).split("\n").filter((row) => HEAD.test(row)).length <= 1, "no old table is left");
});

Deno.test("Ctrl-C removes the table and leaves a summary table and the exit code", async () => {
  using folder = new TemporaryFolder();
  await using terminal = await listenIn({ columns: 120, rows: 40 }, ["--out", folder.path]);
  await using caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam1" });
  await caller.send(makePayload(50));
  await terminal.until("figures", (rows) => has(rows, /^s1 cam1 .*bit\/s/));
  await terminal.type("C-c");
  const rows = await terminal.until("the end", (rows) => has(rows, /^exit code 0/));
  assert.match(rows.join("\n"), /\nID STREAM .* END .*\ns1 cam1 .* stopped .*\n\n.* stopped: 1 session/);
  assert.ok(!has(rows, SUMS), "the sums are gone");
});

Deno.test("the table adapts to the terminal's size and leaves no part of the old table", async () => {
  await using terminal = await listenIn({ columns: 120, rows: 40 });
  await using _caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "a name that is long" });
  await terminal.until("figures", (rows) => has(rows, /^s1 .* ms +- +-/));
  await terminal.until("the line about the recording", (rows) => has(rows, /^NOT RECORDING \(no --out\)$/));
  const once = (rows: readonly string[], pattern: RegExp) => rows.filter((row) => pattern.test(row)).length === 1;
  await terminal.resize(50, 20);
  await terminal.until(
    "one narrow table",
    (rows) => once(rows, HEAD) && once(rows, SUMS) && has(rows, /^ID STREAM .*MISSING/) && !has(rows, /FROM/),
  );
  // rows that scrolled off the top are shown again now
  await terminal.resize(120, 40);
  await terminal.until(
    "one wide table",
    (rows) => once(rows, HEAD) && once(rows, SUMS) && has(rows, /^ID STREAM +FROM/),
  );
});

Deno.test("packets that were lost and retransmitted in time are recovered, and none is missing", () =>
  repeatIfDisturbed(async () => {
    await using terminal = await listenIn({ columns: 120 });
    await using link = new LossyLink(await portOf(terminal), {
      data: ({ index, retransmitted }) => !retransmitted && index > 20 && index % 10 === 0,
    });
    await using caller = await SrtCaller.connect({ port: link.port, streamId: "cam1", latencyMs: 2000 });
    await caller.send(makePayload(100), { bitsPerSecond: 1_000_000 });
    // `+N` after the 7 is the number in the last 10 s, which falls; the column TS follows once the payload is recognized
    await terminal.until(
      "the figures",
      (rows) => has(rows, /^ID .* RTT RECOVERED MISSING/) && has(rows, /^s1 .* ms +7( \+\d)? +0( |$)/),
    );
    caller.close();
    await terminal.until("the end", (rows) => /recovered 7 packets,\s+missing 0 packets/.test(rows.join("\n")));
  }));

Deno.test("a session is shown as NO DATA while it has no payload, and as LOST when its caller is cut off, until another session has its stream name", async () => {
  await using terminal = await listenIn({ columns: 100 });
  const port = await portOf(terminal);
  let isCut = false;
  await using link = new LossyLink(port, { data: () => isCut, control: () => isCut });
  await using caller = await SrtCaller.connect({ port: link.port, streamId: "cam1" });
  await caller.send(makePayload(50));
  await terminal.until("figures", (rows) => has(rows, /^s1 cam1 .*bit\/s/));
  await terminal.until("a pause", (rows) => has(rows, /^s1 cam1 +NO DATA \d+ (s|min) /));
  await terminal.until("a pause in red", (rows) => rows.join("\n").includes("\x1b[31mNO DATA"), { colors: true });
  isCut = true;
  await terminal.until("a loss", (rows) => has(rows, /^s1 cam1 +LOST \d\d:\d\d:\d\d, silence /));
  await using again = await SrtCaller.connect({ port, streamId: "cam1" });
  await again.send(makePayload(50));
  await terminal.until("only the new session", (rows) => has(rows, /^s2 cam1 /) && !has(rows, /^s1 cam1 /));
});

Deno.test("expected stream names without a session are shown as missing", async () => {
  await using terminal = await listenIn({}, ["--expect-streams", "cam1,cam2"]);
  await using caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam2" });
  await caller.send(makePayload(10));
  await terminal.until(
    "one missing name",
    (rows) => has(rows, /^- +cam1 +MISSING$/) && has(rows, /^s1 cam2 /) && !has(rows, /cam2 +MISSING/),
  );
});

Deno.test("SIGUSR2 removes lost sessions from the table", async () => {
  using folder = new TemporaryFolder();
  const ready = folder.file("ready.json");
  await using terminal = await listenIn({}, ["--idle", "1s", "--ready-file", ready]);
  await using caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam1" });
  await caller.send(makePayload(50));
  await terminal.until("a loss", (rows) => has(rows, /^s1 cam1 +LOST .*, idle /));
  Deno.kill(JSON.parse(Deno.readTextFileSync(ready)).pid, "SIGUSR2");
  await terminal.until("no row", (rows) => !has(rows, /^s1 cam1 /) && has(rows, SUMS));
});

Deno.test("a refused caller is a line above the table, and counted", async () => {
  await using terminal = await listenIn();
  const port = await portOf(terminal);
  await assert.rejects(SrtCaller.connect({ port, streamId: "#!::r=cam1,m=request" }));
  const rows = await terminal.until("the refusal", (rows) => has(rows, /^port \d+: waiting for callers, \d+ refused/));
  assert.ok(has(rows, / x cam1: refused 127\.0\.0\.1:\d+/));
});

/** `ESC [` of a color. */
// deno-lint-ignore no-control-regex -- the test looks for the escape character
const COLOR = /\x1b\[(3[0-7]|90)m/;

Deno.test("colors are shown on a terminal", async () => {
  await using terminal = await listenIn();
  await using _caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam1" });
  await terminal.until("the table", (rows) => has(rows, /^s1 cam1/));
  assert.match(await terminal.colors(), COLOR);
});

Deno.test("NO_COLOR keeps the table and removes the colors", async () => {
  await using terminal = await listenIn({ env: { NO_COLOR: "1" } });
  await using _caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam1" });
  await terminal.until("the table", (rows) => has(rows, /^s1 cam1/));
  assert.doesNotMatch(await terminal.colors(), COLOR);
});

Deno.test("with TERM=dumb there are plain lines", async () => {
  await using terminal = await listenIn({ env: { TERM: "dumb" } }, ["--stats", "200ms"]);
  await using _caller = await SrtCaller.connect({ port: await portOf(terminal), streamId: "cam1" });
  const rows = await terminal.until("a line of statistics", (rows) => has(rows, / cam1 \(s1\), .*RTT/));
  assert.ok(!has(rows, SUMS) && !has(rows, HEAD));
  assert.doesNotMatch(await terminal.colors(), COLOR);
});

Deno.test("with TERM=dumb an error has no colors", async () => {
  const { file, args } = splitterCommand(["listen", "nowhere"]);
  await using terminal = await Terminal.start([file, ...args], { columns: 80, rows: 24, env: { TERM: "dumb" } });
  await terminal.until("the error", (rows) => has(rows, /^error: /) && has(rows, /^exit code 2/));
  assert.doesNotMatch(await terminal.colors(), COLOR);
});

Deno.test("a warning to a stderr that is a file has no colors, although stdout is a terminal", async () => {
  using folder = new TemporaryFolder();
  const log = folder.file("log");
  const { file, args } = splitterCommand(["listen", "127.0.0.1:0", "--wait", "300ms"]);
  const command = ["sh", "-c", `exec "$@" 2>'${log}'`, "sh", file, ...args];
  await using terminal = await Terminal.start(command, { columns: 100, rows: 24 });
  await terminal.until("the end", (rows) => has(rows, /^exit code/));
  assert.match(Deno.readTextFileSync(log), /^warning: /);
  assert.match(await terminal.colors(), COLOR);
});

Deno.test("--quiet shows no table, only what failed", async () => {
  await using terminal = await listenIn({}, ["--quiet", "--for", "1500ms", "--expect", "sessions=1"]);
  const rows = await terminal.until("the end", (rows) => has(rows, /^exit code 5/));
  const lines = rows.filter((row) => row !== "");
  assert.strictEqual(lines.length, 3, lines.join("\n"));
  assert.match(lines[0] ?? "", /expected sessions=1, seen 0/);
});

Deno.test("without a terminal there are plain lines and a summary table", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await call(splitter, "cam1");
  await splitter.line(/- cam1 \(s1\) ended/);
  await splitter.stop();
  const text = splitter.lines.join("\n");
  // deno-lint-ignore no-control-regex -- the test looks for the escape character
  assert.doesNotMatch(text, /\x1b/);
  assert.match(text, /\nID STREAM .* END\ns1 cam1 .* caller-closed\n/);
});

Deno.test("with fewer permissions than the table needs there are plain lines, and a warning has the reason", async () => {
  const { file, args } = splitterCommand(["listen", "127.0.0.1:0", "--for", "300ms"]);
  if (!args.includes("run")) return; // a compiled executable includes its permissions
  const [run = "", ...others] = args;
  const fewer = [file, run, "--deny-env=TERM_PROGRAM,TMUX", ...others];
  await using terminal = await Terminal.start(fewer, { columns: 100, rows: 24 });
  const rows = await terminal.until("the end", (rows) => has(rows, /^exit code 0/));
  assert.match(rows.join("\n"), /warning: cannot show the live table,\s+only lines: .*TERM_PROGRAM/);
});
