/** `--rejoin`: a caller that reconnects in time continues its recording in the same file. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { FinalSidecar } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { sendTestPicture } from "../support/ffmpeg.ts";
import { fileOfLibsrt } from "../support/file_of_libsrt.ts";
import { makePayload } from "../support/payload.ts";
import { waitUntil } from "../support/processes.ts";
import { readAll } from "../support/read_all.ts";
import { sendAndClose } from "../support/send_and_close.ts";
import { type EventOf, Splitter } from "../support/splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const LOCAL = "127.0.0.1:0";
const REJOIN = ["--rejoin", "50s"];
const PACE = { bitsPerSecond: 8_000_000 };

function joined(...parts: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

function sidecarOf(file: string): FinalSidecar {
  return JSON.parse(Deno.readTextFileSync(`${file}.json`));
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Records one session to its end. */
async function record(
  splitter: Splitter,
  session: string,
  { stream = "cam1", payload }: { readonly stream?: string; readonly payload: Uint8Array<ArrayBuffer> },
): Promise<EventOf<"session-end">> {
  await sendAndClose(splitter.port, stream, payload);
  return await splitter.event("session-end", (end) => end.session === session);
}

Deno.test("a caller that reconnects in time continues its file, with the gap in the sidecar and the checksum of all", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--checksum", "sha256", ...REJOIN]);
  const parts = [makePayload(31, 1), makePayload(40, 2), makePayload(17, 3)];
  const ends: EventOf<"session-end">[] = [];
  for (const [index, payload] of parts.entries()) ends.push(await record(splitter, `s${index + 1}`, { payload }));
  assert.strictEqual(await splitter.stop(), 0);
  const [first, second, third] = ends;
  const file = first?.file ?? "";
  assert.deepStrictEqual([second?.files, third?.files], [[file], [file]]);
  assert.deepStrictEqual(ends.map(({ bytes }) => bytes), parts.map(({ length }) => length));
  const whole = joined(...parts);
  assertSameBytes(Deno.readFileSync(file), whole);
  const sidecar = sidecarOf(file);
  const offsets = [parts[0]?.length ?? 0, (parts[0]?.length ?? 0) + (parts[1]?.length ?? 0)];
  assert.deepStrictEqual(
    sidecar.continuations?.map(({ session, offset, reason }) => [session, offset, reason]),
    [["s2", offsets[0], "caller-closed"], ["s3", offsets[1], "caller-closed"]],
  );
  assert.deepStrictEqual(
    sidecar.losses?.gaps.map(({ offset, packets }) => [offset, packets]),
    offsets.map((offset) => [offset, 0]),
  );
  const [gap] = sidecar.losses?.gaps ?? [];
  assert.ok(Date.parse(gap?.time ?? "") >= Date.parse(sidecar.continuations?.[0]?.end ?? ""), `gap at ${gap?.time}`);
  const { state, session, bytes, checksum, ts, segment, end } = sidecar;
  assert.deepStrictEqual([state, session, bytes, segment], ["final", "s1", whole.length, 1]);
  assert.deepStrictEqual([checksum?.value, ts?.bytes, end], [sha256(whole), whole.length, third?.time]);
  const name = file.slice(folder.path.length + 1);
  assert.deepStrictEqual(folder.names().toSorted(), [name, `${name}.json`, "recordings.sha256"].toSorted());
  assert.strictEqual(Deno.readTextFileSync(folder.file("recordings.sha256")), `${sha256(whole)}  ${name}\n`);
  const starts = splitter.eventsNamed("session-start");
  assert.deepStrictEqual(starts.map(({ file: path, earlierBytes }) => [path, earlierBytes]), [
    [file, 0],
    [file, offsets[0]],
    [file, offsets[1]],
  ]);
  assert.deepStrictEqual(splitter.errors, []);
});

for (
  const [what, time, second] of [
    ["with another name", "50s", "cam2"],
    ["that reconnects too late", "1ms", "cam1"],
  ] as const
) {
  Deno.test(`a caller ${what} gets a new file`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--rejoin", time]);
    const files = new Set<string | null>();
    for (const [index, stream] of ["cam1", second].entries()) {
      files.add((await record(splitter, `s${index + 1}`, { stream, payload: makePayload(20) })).file);
    }
    assert.strictEqual(files.size, 2);
  });
}

for (
  const [what, change] of [
    ["was changed", (file: string) => Deno.writeFileSync(file, new Uint8Array(188), { append: true })],
    ["was renamed", (file: string) => Deno.renameSync(file, `${file}.old`)],
    ["was replaced by a link", (file: string) => {
      Deno.renameSync(file, `${file}.old`);
      Deno.symlinkSync(`${file}.old`, file);
    }],
    ["has no sidecar", (file: string) => Deno.removeSync(`${file}.json`)],
    ["has the sidecar of another file", (file: string) => {
      Deno.writeTextFileSync(`${file}.json`, JSON.stringify({ ...sidecarOf(file), file: "other.ts" }));
    }],
    ["has a sidecar that is not JSON", (file: string) => Deno.writeTextFileSync(`${file}.json`, "{")],
  ] as const
) {
  Deno.test(`a recording that ${what} is not continued, and stays as it is`, async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...REJOIN]);
    const { file } = await record(splitter, "s1", { payload: makePayload(20, 1) });
    change(file ?? "");
    const content = () =>
      folder.names().filter((name) => name.startsWith((file ?? "").slice(folder.path.length + 1)))
        .toSorted().map((name) => [name, sha256(Deno.readFileSync(folder.file(name)))]);
    const before = content();
    const payload = makePayload(20, 2);
    const second = await record(splitter, "s2", { payload });
    assert.notStrictEqual(second.file, file);
    assertSameBytes(readAll(second.files), payload);
    assert.deepStrictEqual(content(), before);
  });
}

Deno.test("a continued file that is truncated loses its sidecar and its checksum, and the next session gets a new file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--checksum", "sha256", ...REJOIN]);
  const { file: path } = await record(splitter, "s1", { payload: makePayload(20, 1) });
  const file = path ?? "";
  const before = Deno.statSync(file).size;
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  await caller.send(makePayload(20, 2), PACE);
  await waitUntil("a continued recording", () => Deno.statSync(file).size > before);
  Deno.truncateSync(file);
  await splitter.errorLine(
    /^warning: s2: .*\.ts was truncated .*the next session with this stream name gets a new file/,
  );
  caller.close();
  const { reason, files } = await splitter.event("session-end", ({ session }) => session === "s2");
  assert.deepStrictEqual([reason, files], ["write-failed", []]);
  const { file: next } = await record(splitter, "s3", { payload: makePayload(20, 3) });
  const [old, name] = [file, next ?? ""].map((path) => path.slice(folder.path.length + 1));
  assert.deepStrictEqual(
    folder.names().toSorted(),
    [old, name, `${name}.json`, "recordings.sha256"].toSorted(),
  );
  assert.match(Deno.readTextFileSync(folder.file("recordings.sha256")), new RegExp(`^[0-9a-f]{64}  ${name}\n$`));
});

Deno.test("after a session whose process was killed, the next recording begins at once, in a new file", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...REJOIN]);
  await using first = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  const lost = makePayload(20, 1);
  await first.send(lost, PACE);
  const { pid, file } = await splitter.recording();
  await waitUntil("a recording", () => Deno.statSync(file).size === lost.length);
  Deno.kill(pid, "SIGKILL");
  await splitter.event("session-end", ({ reason }) => reason === "crashed");
  const payload = makePayload(20, 2);
  const sentMs = Date.now();
  const second = await record(splitter, "s2", { payload });
  assert.notStrictEqual(second.file, file);
  assertSameBytes(readAll(second.files), payload);
  const { birthtime } = Deno.statSync(second.file ?? "");
  // it does not wait for the sidecar of the killed session, which is never complete (3 s)
  assert.ok((birthtime?.getTime() ?? Infinity) - sentMs < 2500, `${birthtime}`);
});

Deno.test("a caller that takes its own session over continues the file of that session", async () => {
  using folder = new TemporaryFolder();
  const options = ["--out", folder.path, "--on-return", "take-over", ...REJOIN];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const call = () => SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  const [one, two] = [makePayload(60, 1), makePayload(60, 2)];
  await using first = await call();
  await splitter.recording();
  await first.send(one, PACE);
  await first.waitUntilDelivered();
  await using second = await call();
  await second.send(two, PACE);
  await second.waitUntilDelivered();
  const old = await splitter.event("session-end", ({ session }) => session === "s1");
  second.close();
  const end = await splitter.event("session-end", ({ session }) => session === "s2");
  assert.deepStrictEqual([old.reason, end.reason], ["replaced", "caller-closed"]);
  assert.deepStrictEqual([old.bytes, end.bytes, end.files], [one.length, two.length, old.files]);
  assertSameBytes(readAll(end.files), joined(one, two));
  const sidecar = sidecarOf(end.file ?? "");
  assert.deepStrictEqual([sidecar.bytes, sidecar.continuations?.map(({ reason }) => reason)], [
    one.length + two.length,
    ["replaced"],
  ]);
});

Deno.test("a caller that waits for the file of a session that does not end gets a new file, and no byte is lost", async () => {
  using folder = new TemporaryFolder();
  const options = ["--out", folder.path, "--on-return", "take-over", ...REJOIN];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const call = () => SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  await using first = await call();
  const { pid } = await splitter.recording();
  await first.send(makePayload(10, 1), PACE);
  await first.waitUntilDelivered();
  Deno.kill(pid, "SIGSTOP"); // its file stays locked
  const payload = makePayload(60, 2);
  await using second = await call();
  await second.send(payload, PACE);
  await second.waitUntilDelivered();
  second.close();
  const end = await splitter.event("session-end", ({ session }) => session === "s2");
  Deno.kill(pid, "SIGCONT");
  assertSameBytes(readAll(end.files), payload);
  const old = await splitter.event("session-end", ({ session }) => session === "s1");
  assert.ok(!old.files.includes(end.file ?? ""), `both sessions have ${end.file}`);
});

Deno.test("if the process that continues a file is killed, the next call gets a new file, and recover completes the sidecar of the whole old one", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--checksum", "sha256", ...REJOIN]);
  const one = makePayload(40, 1);
  const { file } = await record(splitter, "s1", { payload: one });
  await using caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1", latencyMs: SAFE_LATENCY_MS });
  const { pid } = await splitter.event("session-start", ({ session }) => session === "s2");
  await caller.send(makePayload(40, 2), PACE);
  await caller.waitUntilDelivered();
  await splitter.event("session-proven", ({ session }) => session === "s2");
  Deno.kill(pid, "SIGKILL");
  const crashed = await splitter.event("session-end", ({ session }) => session === "s2");
  const content = Deno.readFileSync(file ?? "");
  assert.deepStrictEqual([crashed.reason, crashed.files, crashed.bytes], [
    "crashed",
    [file],
    content.length - one.length,
  ]);
  assertSameBytes(content.subarray(0, one.length), one);
  const third = await record(splitter, "s3", { payload: makePayload(10, 3) });
  assert.notStrictEqual(third.file, file);
  const { code } = await Splitter.run(["recover", folder.path]);
  const { bytes, checksum, reason, session } = sidecarOf(file ?? "");
  assert.deepStrictEqual([code, bytes, checksum?.value, reason, session], [
    0,
    content.length,
    sha256(content),
    "interrupted",
    "s1",
  ]);
});

Deno.test("a call without payload changes nothing in the file that it would continue", async () => {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...REJOIN]);
  const [one, two] = [makePayload(20, 1), makePayload(20, 2)];
  const { file } = await record(splitter, "s1", { payload: one });
  const before = sidecarOf(file ?? "");
  const caller = await SrtCaller.connect({ port: splitter.port, streamId: "cam1" });
  caller.close();
  await caller[Symbol.asyncDispose]();
  const attempt = await splitter.event("session-end", ({ session }) => session === "s2");
  assert.deepStrictEqual([attempt.attempt, attempt.bytes], [true, 0]);
  assert.deepStrictEqual(sidecarOf(file ?? ""), before);
  const third = await record(splitter, "s3", { payload: two });
  assert.strictEqual(third.file, file);
  assertSameBytes(Deno.readFileSync(file ?? ""), joined(one, two));
});

Deno.test("a call that is not accepted leaves the recording to the next one", async () => {
  using folder = new TemporaryFolder();
  using library = new TemporaryFolder();
  const libsrt = library.file("libsrt.so");
  const install = () => Deno.copyFileSync(fileOfLibsrt(), libsrt);
  install();
  const options = ["--out", folder.path, "--libsrt", libsrt, "--spares", "0", ...REJOIN];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const { file } = await record(splitter, "s1", { payload: makePayload(20, 1) });
  Deno.removeSync(libsrt);
  await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam1" }), { rejectReason: 1500 });
  install();
  await sendAndClose(splitter.port, "cam1", makePayload(20, 2));
  const end = await splitter.event("session-end", ({ session }) => session !== "s1");
  assert.strictEqual(end.file, file);
});

Deno.test("with --segment, the last segment is continued until the next one is due", async () => {
  using folder = new TemporaryFolder();
  using sent = new TemporaryFolder();
  const options = ["--out", folder.path, "--name", "{stream}_{segment}", "--segment", "1s", ...REJOIN];
  await using splitter = await Splitter.listen([LOCAL, ...options]);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const ends: EventOf<"session-end">[] = [];
  for (const session of ["s1", "s2"]) {
    const file = sent.file(session);
    await sendTestPicture(`srt://127.0.0.1:${splitter.port}?streamid=cam1`, { file, seconds: 3 });
    parts.push(Deno.readFileSync(file));
    ends.push(await splitter.event("session-end", (end) => end.session === session));
  }
  const [first, second] = ends;
  const shared = first?.files.at(-1);
  assert.strictEqual(second?.files[0], shared);
  const files = [...first?.files ?? [], ...second?.files.slice(1) ?? []];
  assertSameBytes(readAll(files), joined(...parts));
  const names = files.map((_file, index) => `cam1_000${index + 1}.ts`);
  assert.deepStrictEqual(files.map((file) => file.slice(folder.path.length + 1)), names);
  const sidecars = files.map(sidecarOf);
  assert.deepStrictEqual(
    sidecars.map((sidecar) => [sidecar.segment, sidecar.first, sidecar.previous, sidecar.next, sidecar.bytes]),
    names.map((name, index) => [
      index + 1,
      "cam1_0001.ts",
      names[index - 1] ?? null,
      names[index + 1] ?? null,
      Deno.statSync(folder.file(name)).size,
    ]),
  );
  assert.deepStrictEqual(
    sidecars.map(({ continuations }) => continuations?.length),
    files.map((file) => file === shared ? 1 : 0),
  );
});
