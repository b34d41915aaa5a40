/** Text lines for events, and output that cannot be written. */

import assert from "node:assert/strict";
import { call } from "../support/call.ts";
import { makePayload } from "../support/payload.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

Deno.test("at the start, the commands with which srt-live-transmit and ffmpeg call are printed", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  const uri = `srt://127\\.0\\.0\\.1:${splitter.port}`;
  assert.match(splitter.lines.join("\n"), new RegExp(`srt-live-transmit .*${uri}(.*\\n)+ *ffmpeg .*${uri}`));
});

Deno.test("a session has a line when it begins and one when it ends", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--out", folder.path], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(100), { bitsPerSecond: 8_000_000 });
  await caller.waitUntilDelivered();
  caller.close();
  const begin = await splitter.line(/ \+ .*s1\)? begins/);
  // if the disk is slow, a line of its own has the file
  assert.match(
    begin,
    /cam1 \(s1\) begins, from 127\.0\.0\.1:\d+, latency 120 ms, not encrypted, SRT \d+\.\d+\.\d+(, file \S+)?$/,
  );
  await splitter.line(/cam1 \(s1\) (begins|records).*, file cam1_\S+\.ts$/);
  const end = await splitter.line(/ - .*s1\)? ended/);
  assert.match(
    end,
    /cam1 \(s1\) ended: the caller closed the connection, .*, 132 kB, .*bit\/s, recovered 0 packets, missing 0 packets, TS ok, file /,
  );
});

Deno.test("a refused caller has a line with the reason and what to do", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await assert.rejects(SrtCaller.connect({ port: splitter.port, transtype: "file" }));
  await splitter.line(/ x refused 127\.0\.0\.1:\d+: .*"file" mode.*\(SRT reason 1415\)/);
  await splitter.line(/^ {11}hint: set transtype=live/);
});

Deno.test("--stats has a line per session and interval", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"], { text: true });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await splitter.line(/cam1 \(s1\), .* s, no payload, RTT .* ms, buffer .* of 120 ms$/);
  await caller.send(makePayload(20));
  await splitter.line(/cam1 \(s1\), .*bit\/s, .*RTT .* ms, buffer .* of 120 ms, recovered 0 packets/);
  caller.close();
});

Deno.test("the end has a summary", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  await splitter.stop();
  await splitter.line(/stopped: 0 sessions, 0 B received/);
});

Deno.test("statistics of a session keep libsrt's names and count its packets", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
  await using caller = await SrtCaller.connect({ port: splitter.port });
  await caller.send(makePayload(100), { bitsPerSecond: 8_000_000 });
  // an earlier event may not count the last packets yet
  const { statistics } = await splitter.event("stats", ({ statistics }) => statistics.pktRecvUniqueTotal === 100);
  await splitter.event("stats", (event) => event.bytes === 100 * 1316);
  assert.strictEqual(statistics.msRcvTsbPdDelay, 120);
  caller.close();
});

for (const [what, passphrase] of [["a session", null], ["an encrypted session", "correct-horse-battery"]] as const) {
  Deno.test(`the receiving rate of ${what} is that of its payload`, async () => {
    const env = passphrase === null ? {} : { SRT_SPLITTER_PASSPHRASE: passphrase };
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"], { env });
    await using caller = await SrtCaller.connect({
      port: splitter.port,
      ...(passphrase === null ? {} : { passphrase }),
    });
    await caller.send(makePayload(1500), { bitsPerSecond: 8_000_000 });
    const last = await splitter.event("stats", ({ statistics }) => statistics.pktRecvUniqueTotal === 1500);
    const rates = splitter.eventsNamed("stats")
      .filter(({ statistics }) => statistics.pktRecvUniqueTotal < last.statistics.pktRecvUniqueTotal)
      .map(({ statistics }) => statistics.mbpsRecvRate).toSorted((one, other) => one - other);
    const median = rates[Math.floor(rates.length / 2)] ?? NaN;
    assert.ok(median > 4 && median < 16, `Mbit/s: ${rates}`);
  });
}

/** Returns a command that starts a program with one of its output streams on a full disk. */
function onFullDisk(stream: 1 | 2): readonly string[] {
  return ["sh", "-c", `exec "$@" ${stream}>/dev/full`, "sh"];
}

Deno.test("stdout on a full disk is reported once on stderr, and the exit code is 7", async () => {
  const { code, stderr } = await Splitter.run(["--version"], { as: onFullDisk(1) });
  assert.match(
    stderr,
    /^error: cannot write to stdout: no space left on device.*\nhint: further lines are lost/,
  );
  assert.deepStrictEqual([code, stderr.trimEnd().split("\n").length], [7, 2]);
});

for (const args of [["--json"], []]) {
  Deno.test(`a run whose ${args.length > 0 ? "events" : "lines"} cannot be written reports it and ends with exit code 7`, async () => {
    const { code, stderr } = await Splitter.run(["listen", "127.0.0.1:0", "--for", "200ms", ...args], {
      as: onFullDisk(1),
    });
    assert.deepStrictEqual([code, stderr.match(/cannot write to stdout/g)?.length], [7, 1]);
  });
}

Deno.test("an exit code that is more important than a full disk is not replaced", async () => {
  const { code } = await Splitter.run(["listen", "127.0.0.1:0", "--wait", "200ms", "--json"], { as: onFullDisk(1) });
  assert.strictEqual(code, 6);
});

Deno.test("a warning that cannot be written makes the exit code 7, and events are still printed", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("p"), "correct horse battery\n", { mode: 0o644 });
  const args = ["listen", "127.0.0.1:0", "--for", "200ms", "--json", "--passphrase-file", folder.file("p")];
  const { code, stdout } = await Splitter.run(args, { as: onFullDisk(2) });
  assert.match(stdout, /"event":"stopped".*"exitCode":7/);
  assert.strictEqual(code, 7);
});

Deno.test("a reader that closes its pipe is not a failure, and nothing is printed", async () => {
  const { code, stderr } = await Splitter.run(["listen", "127.0.0.1:0", "--for", "500ms", "--json"], {
    as: ["bash", "-c", `set -o pipefail; "$@" | true`, "bash"],
  });
  assert.deepStrictEqual([code, stderr], [0, ""]);
});

Deno.test("a line shows a stream name of 500 bytes in full, and the table at the end shortens it", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { text: true });
  const streamId = "x".repeat(500);
  await call(splitter, streamId);
  assert.ok((await splitter.line(/ \+ .*s1\)? begins/)).includes(streamId));
  await splitter.line(/ - .*s1\)? ended/);
  await splitter.stop();
  assert.match(await splitter.line(/^s1 x/), /^s1 x{20}…x{19} 127\.0\.0\.1:/);
});
