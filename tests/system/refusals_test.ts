/**
 * Callers that are refused: they get a reason, the user gets a line, and no process starts. Repeats are folded: one later line
 * stands for all of them.
 */

import assert from "node:assert/strict";
import { JOURNAL_LIMITS } from "../../mod/listener/refusal_journal.ts";
import {
  bytes,
  CONCLUSION_FILE,
  CONCLUSION_PLAIN,
  CONCLUSION_SID,
  GROUP_DATA,
  hex,
  INDUCTION,
  WAVEAHAND,
} from "../fixtures/handshakes.ts";
import { runFfmpeg } from "../support/ffmpeg.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf, descriptorsOf, waitUntil } from "../support/processes.ts";
import { RawCaller } from "../support/raw_caller.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller, type SrtCallerOptions } from "../support/srt_caller.ts";

const PASSPHRASE = "correct horse battery";
const HANDSHAKE_TYPE_OFFSET = 36;

/** CONCLUSION_PLAIN with a GROUP block after it and the CONFIG flag that announces it. */
const CONCLUSION_GROUP = patched(`${CONCLUSION_PLAIN}00080002${GROUP_DATA}`, [[22, 5]]);
/** CONCLUSION_PLAIN as libsrt before 1.3 sends it: version 4, socket type datagram (2), no blocks. */
const CONCLUSION_HSV4 = patched(CONCLUSION_PLAIN.slice(0, 128), [[18, 4], [22, 2]]);

/** Callers that use libsrt, the settings of the listener, and the reason that `srt_getrejectreason` gives. */
const REFUSED: readonly {
  readonly name: string;
  readonly call: Omit<SrtCallerOptions, "port">;
  readonly args?: readonly string[];
  readonly passphrase?: string;
  readonly reason: number;
  readonly text: RegExp;
}[] = [
  {
    name: "a wrong passphrase",
    call: { passphrase: "wrong passphrase" },
    passphrase: PASSPHRASE,
    reason: 10,
    text: /passphrase is wrong/,
  },
  { name: "no passphrase", call: {}, passphrase: PASSPHRASE, reason: 11, text: /does not encrypt/ },
  {
    name: "a passphrase for a listener without one",
    call: { passphrase: PASSPHRASE },
    reason: 11,
    text: /encrypts, and no passphrase is set/,
  },
  { name: "file mode", call: { transtype: "file" }, reason: 1415, text: /"file" mode/ },
  { name: "t=file in its stream ID", call: { streamId: "#!::r=cam,t=file" }, reason: 1415, text: /t=file/ },
  { name: "a request for a stream", call: { streamId: "#!::r=cam,m=request" }, reason: 1405, text: /m=request/ },
  { name: "a malformed stream ID", call: { streamId: "#!:{r: cam}" }, reason: 1400, text: /stream ID is malformed/ },
];

for (const { name, call, args = [], passphrase, reason, text } of REFUSED) {
  Deno.test(`a caller with ${name} is refused with reason ${reason} and without a process`, async () => {
    const env = passphrase === undefined ? {} : { SRT_SPLITTER_PASSPHRASE: passphrase };
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0", "--verbose", ...args], { env });
    await assert.rejects(SrtCaller.connect({ ...call, port: splitter.port }), { rejectReason: reason });
    const refused = await splitter.event("refused");
    assert.strictEqual(refused.reason, reason);
    assert.match(refused.text, text);
    assert.deepStrictEqual(childrenOf(splitter.pid), []);
  });
}

Deno.test("ffmpeg with a wrong passphrase is refused with reason 10", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"], { env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE } });
  const uri = `srt://127.0.0.1:${splitter.port}?passphrase=wrongpassphrase`;
  await runFfmpeg(["-f", "lavfi", "-i", "testsrc2", "-t", "1", "-f", "mpegts", uri], { mayFail: true });
  assert.strictEqual((await splitter.event("refused")).reason, 10);
});

Deno.test("each stream name of one address has its own line, and only repeats of the same name are folded", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--deny", "*"]);
  for (const streamId of ["cat", "dog", "bird", "dog"]) {
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId }), { rejectReason: 1403 });
  }
  await splitter.stop();
  const refused = splitter.eventsNamed("refused").map(({ stream, times }) => `${stream} ${times}`);
  assert.deepStrictEqual(refused, ["cat 1", "dog 1", "bird 1", "dog 1"]);
});

Deno.test("malformed handshakes of one caller are folded after the first, whatever is wrong with them", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  const malformed = bytes(CONCLUSION_SID).subarray(0, 84);
  for (let words = 100; words < 110; words += 1) {
    new DataView(malformed.buffer).setUint16(82, words); // the length of the stream ID, whose text is cut off
    await caller.conclude(hex(malformed));
  }
  await splitter.stop();
  const refused = splitter.eventsNamed("refused").map(({ reason, times }) => [reason, times]);
  assert.deepStrictEqual(refused, [[4, 1], [4, 9]]);
});

Deno.test("a caller that keeps changing its stream name does not fill the terminal or hide other callers, and every call is counted", async () => {
  const calls = JOURNAL_LIMITS.causesPerAddress + 20;
  await using splitter = await Splitter.listen([":0", "--deny", "*", "--expect", `refused==${calls + 1}`]);
  using caller = new RawCaller(splitter.port);
  for (let call = 0; call < calls; call += 1) {
    const name = String.fromCharCode(97 + call % 26, 97 + call / 26).padEnd(4, "x");
    const conclusion = CONCLUSION_SID.replace("64636261", hex(new TextEncoder().encode(name)));
    await caller.conclude(conclusion);
  }
  await assert.rejects(SrtCaller.connect({ host: "::1", port: splitter.port }), { rejectReason: 1403 });
  await splitter.event("refused", ({ caller }) => caller.address === "::1");
  assert.strictEqual(await splitter.stop(), 0);
  assert.strictEqual(splitter.eventsNamed("refused").length, JOURNAL_LIMITS.causesPerAddress + 1);
  assert.strictEqual((await splitter.event("refusals")).refused, calls + 1);
});

Deno.test("one caller more than --max-sessions is refused with OVERLOAD", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--max-sessions", "1"]);
  await using first = await SrtCaller.connect({ port: splitter.port });
  await assert.rejects(SrtCaller.connect({ port: splitter.port }), { rejectReason: 1402 });
  first.close();
});

Deno.test("a caller is admitted under --max-sessions once another has left", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--max-sessions", "1"]);
  await using first = await SrtCaller.connect({ port: splitter.port });
  await splitter.event("session-start");
  first.close();
  await splitter.event("session-end");
  await using second = await SrtCaller.connect({ port: splitter.port });
  assert.strictEqual((await splitter.event("session-start", ({ session }) => session === "s2")).session, "s2");
  second.close();
});

Deno.test("a bonded caller gets 1015 on the wire", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  assert.strictEqual((await caller.conclude(CONCLUSION_GROUP)).getUint32(HANDSHAKE_TYPE_OFFSET), 1015);
});

Deno.test("a raw file-mode caller gets 2415 on the wire", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  assert.strictEqual((await caller.conclude(CONCLUSION_FILE)).getUint32(HANDSHAKE_TYPE_OFFSET), 2415);
});

Deno.test("a caller of handshake version 4 gets 1002 and then a SHUTDOWN", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  assert.strictEqual((await caller.conclude(CONCLUSION_HSV4)).getUint32(HANDSHAKE_TYPE_OFFSET), 1002);
  assert.strictEqual((await caller.receive()).getUint32(0), 0x8005_0000);
});

Deno.test("a rendezvous caller is reported to the user", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  await caller.send(WAVEAHAND);
  const refused = await splitter.event("refused");
  assert.deepStrictEqual([refused.reason, refused.caller.port], [null, caller.port]);
});

Deno.test("a CONCLUSION with a wrong cookie is ignored, and the right one is still admitted", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  using caller = new RawCaller(splitter.port);
  await caller.induce();
  await caller.send(CONCLUSION_PLAIN); // its cookie is another one
  assert.strictEqual((await caller.conclude(CONCLUSION_PLAIN)).getUint32(HANDSHAKE_TYPE_OFFSET), 0xffff_ffff);
});

Deno.test("200 INDUCTIONs without CONCLUSIONs start no process, and a caller is admitted meanwhile", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"]);
  const strangers = Array.from({ length: 200 }, () => new RawCaller(splitter.port));
  try {
    await Promise.all(strangers.map((stranger) => stranger.send(INDUCTION)));
    await waitUntil("sockets for the strangers", () => descriptorsOf(splitter.pid) > 100);
    assert.deepStrictEqual(childrenOf(splitter.pid), []);
    await using caller = await SrtCaller.connect({ port: splitter.port });
    const { pid } = await splitter.event("session-start");
    assert.deepStrictEqual(childrenOf(splitter.pid), [pid]);
    caller.close();
  } finally {
    for (const stranger of strangers) stranger[Symbol.dispose]();
  }
});

Deno.test("the sockets of INDUCTIONs without CONCLUSION are closed again", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--spares", "0"]);
  const before = descriptorsOf(splitter.pid);
  using stranger = new RawCaller(splitter.port);
  await stranger.induce();
  await waitUntil("the end of the slot", () => descriptorsOf(splitter.pid) <= before);
});

Deno.test("random, truncated and oversized datagrams disturb no running session", async () => {
  await using splitter = await Splitter.listen(["127.0.0.1:0"]);
  await using caller = await SrtCaller.connect({ port: splitter.port, latencyMs: 1000 });
  const payload = makePayload(1000);
  const sending = caller.send(payload, { bitsPerSecond: 8_000_000 });
  using stranger = new RawCaller(splitter.port);
  const induction = bytes(INDUCTION);
  for (let round = 0; round < 500; round += 1) {
    await stranger.send(crypto.getRandomValues(new Uint8Array(1 + round * 3 % 1400)));
    await stranger.send(induction.slice(0, 1 + round % 63));
    await stranger.send(new Uint8Array([...induction, ...crypto.getRandomValues(new Uint8Array(round * 2))]));
  }
  await sending;
  await caller.waitUntilDelivered();
  caller.close();
  assert.strictEqual((await splitter.event("session-end")).bytes, payload.length);
  assert.strictEqual(await splitter.stop(), 0);
  assert.deepStrictEqual(splitter.errors, []);
});

/** A datagram with other 16-bit fields at these offsets. */
function patched(datagram: string, fields: readonly (readonly [offset: number, value: number])[]): string {
  const patch = bytes(datagram).slice();
  for (const [offset, value] of fields) new DataView(patch.buffer).setUint16(offset, value);
  return hex(patch);
}
