/** Tests of mod/listener/session_outcome.ts. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { ExecutableReplacedError, HandoffError } from "../../mod/handoff/child_command.ts";
import type { NotAcceptedCause } from "../../mod/handoff/child_message.ts";
import type { ChildOutcome } from "../../mod/handoff/session_child.ts";
import { knownSink, type Ticket } from "../../mod/handoff/contract.ts";
import {
  type CrashedSession,
  explainNotAccepted,
  explainNotStarted,
  sessionEndOfCrash,
} from "../../mod/listener/session_outcome.ts";
import { END, START, STATS } from "../report/events_of_a_run.ts";
import { ticketOf } from "../handoff/ticket_of.ts";

/** What explainNotAccepted needs for a caller. */
const OF_CALLER = { output: [], pulled: false } as const;

const CAUSES: Readonly<Record<NotAcceptedCause, readonly [reason: number, quotesText: boolean]>> = {
  "stopped": [1503, false],
  "no-libsrt": [1500, true],
  "resources": [3, false],
  "timeout": [1500, true],
  "connection": [1500, true],
  "replaced": [1409, false],
  "rejected": [4, false],
};

for (const [cause, [reason, quotesText]] of Object.entries(CAUSES) as [NotAcceptedCause, [number, boolean]][]) {
  Deno.test(`explainNotAccepted returns reason ${reason} for "${cause}", ${quotesText ? "with" : "without"} the child's text`, () => {
    const rejection = explainNotAccepted({ kind: "not-accepted", cause, text: "the very cause" }, OF_CALLER);
    deepStrictEqual([rejection?.reason, rejection?.text.includes("the very cause")], [reason, quotesText]);
    match(rejection?.advice ?? "", /\w{3}/);
  });
}

for (
  const [reason, text, advice] of [
    [14, /packet filters do not match \(SRT_REJ_FILTER\)/, /packetfilter/],
    [17, /ciphers do not match/, /cryptomode/],
    [11, /passphrase missing/, /passphrase/],
    [3, /resources/, /memory/],
    [0, /no reason given/, /update the caller/],
    [1405, /mode not supported/, /update the caller/],
  ] as const
) {
  Deno.test(`explainNotAccepted returns reason ${reason} of libsrt, with what to do`, () => {
    const outcome = { kind: "not-accepted", cause: "rejected", text: "", reason } as const;
    const rejection = explainNotAccepted(outcome, OF_CALLER);
    strictEqual(rejection?.reason, reason);
    match(rejection.text, text);
    match(rejection.advice, advice);
  });
}

for (const cause of ["timeout", "connection", "crashed"] as const) {
  Deno.test(`the advice for a pull does not contain "call again" (${cause})`, () => {
    const outcome = cause === "crashed"
      ? crash({ started: null })
      : { kind: "not-accepted", cause, text: "the very cause" } as const;
    const [ofCaller, ofPull] = [false, true].map((pulled) =>
      explainNotAccepted(outcome, { output: [], pulled })?.advice
    );
    deepStrictEqual([/call again/.test(ofCaller ?? ""), /call again/.test(ofPull ?? "")], [true, false]);
    match(ofPull ?? "", /\w{3}/);
  });
}

Deno.test("a pull whose process was stopped is not reported as a shutdown of the listener", () => {
  const outcome = { kind: "not-accepted", cause: "stopped", text: "asked to stop" } as const;
  const rejection = explainNotAccepted(outcome, { output: [], pulled: true });
  strictEqual(rejection?.text, "its process was ordered to stop before the listener had answered");
  strictEqual(rejection?.advice, "if this happens again, find out what sends SIGTERM to the process");
});

Deno.test("explainNotAccepted returns null for a session that began, however it ended", () => {
  const event = { ...END, session: "s1" };
  deepStrictEqual([explainNotAccepted({ kind: "ended", event }, OF_CALLER), explainNotAccepted(crash(), OF_CALLER)], [
    null,
    null,
  ]);
});

for (
  const [what, output, reason] of [
    ["Deno cannot start a thread", [
      "thread 'main' panicked",
      'failed to spawn thread: Os { code: 11, kind: WouldBlock, message: "Resource temporarily unavailable" }',
    ], 3],
    ["Deno 2.9 cannot start a thread", ["Deno could not start: unable to create worker threads."], 3],
    ["V8 cannot start a thread", ["Fatal error in :0: Check failed: Start()."], 3],
    ["libsrt cannot start a thread", ["SRT:GC*E:SRT.in: pthread_create failed with 11"], 3],
    ["the cause is another one", ["error: Uncaught TypeError"], 1500],
    ["it writes nothing", [], 1500],
  ] as const
) {
  Deno.test(`explainNotAccepted returns reason ${reason} for a process that dies early if ${what}`, () => {
    strictEqual(explainNotAccepted(crash({ started: null }), { output, pulled: false })?.reason, reason);
  });
}

for (
  const [what, cause, reason] of [
    [
      "the limit of processes is reached",
      new Deno.errors.WouldBlock("Failed to spawn: Resource temporarily unavailable (os error 11)"),
      3,
    ],
    ["the limit of open files is reached", new Error("Failed to spawn '/x': Too many open files (os error 24)"), 3],
    ["the program is not there", new Deno.errors.NotFound("Failed to spawn: entity not found"), 1500],
    ["the executable was replaced", new ExecutableReplacedError("/opt/srt-splitter", {}), 1500],
  ] as const
) {
  Deno.test(`explainNotStarted returns reason ${reason} if ${what}`, () => {
    strictEqual(explainNotStarted(new HandoffError("cannot start a child", { cause }), null).reason, reason);
  });
}

Deno.test("explainNotStarted suggests --replace if the executable was replaced", () => {
  const cause = new ExecutableReplacedError("/opt/srt-splitter", {});
  const { advice } = explainNotStarted(new HandoffError("cannot start a child", { cause }), null);
  strictEqual(advice, "start the new program with --replace and the same address: it takes over the sessions");
});

const STARTED_MS = Date.parse(START.time);

function crash(
  changes: Partial<Extract<ChildOutcome, { kind: "crashed" }>> = {},
): Extract<ChildOutcome, { kind: "crashed" }> {
  return {
    kind: "crashed",
    durationMs: 4000,
    killed: null,
    started: START,
    files: [],
    omittedFiles: 0,
    lastStats: null,
    proven: false,
    signal: "SIGKILL",
    code: 137,
    ...changes,
  };
}

/** A file of `length` bytes, removed at the end of the test. */
function temporaryFile(length: number): { readonly path: string } & Disposable {
  const path = Deno.makeTempFileSync();
  Deno.writeFileSync(path, new Uint8Array(length));
  return { path, [Symbol.dispose]: () => Deno.removeSync(path) };
}

/** A session whose process died. */
function crashedSession(changes: Partial<Ticket> = {}): CrashedSession {
  const ticket = ticketOf(changes);
  return { ...ticket, pulled: false, sink: knownSink(ticket.sink) };
}

Deno.test("sessionEndOfCrash reports what is in the file, and the rate over the session's time, whatever the wall clock does", async () => {
  using file = temporaryFile(5000);
  const outcome = crash({ files: [file.path] });
  const clockSetBack = STARTED_MS - 3_600_000;
  const end = await sessionEndOfCrash(outcome, crashedSession(), { nowMs: clockSetBack });
  deepStrictEqual([end.reason, end.bytes, end.durationMs, end.bitsPerSecond], ["crashed", 5000, 4000, 10_000]);
  strictEqual(end.file, file.path);
});

Deno.test("sessionEndOfCrash reports that the last 0.5 s plus the latency may be missing in the file", async () => {
  using file = temporaryFile(5000);
  const outcome = crash({ started: { ...START, latencyMs: 8000 }, files: [file.path] });
  const end = await sessionEndOfCrash(outcome, crashedSession(), { nowMs: STARTED_MS + 4000 });
  match(end.text, /; up to 8\.5 s before the end may be missing in the file$/);
});

Deno.test("sessionEndOfCrash reports a failed session if the recording had not begun, because payload may have arrived", async () => {
  const outcome = crash({ started: null, durationMs: 0 });
  const { attempt, text, file } = await sessionEndOfCrash(outcome, crashedSession());
  deepStrictEqual([attempt, file], [false, null]);
  match(text, /^its process died \(SIGKILL\); its caller got a SHUTDOWN; its recording had not begun, so everything/);
});

Deno.test("sessionEndOfCrash reports that more may be missing in stdout if its reader is slow", async () => {
  const end = await sessionEndOfCrash(crash({}), crashedSession({ sink: { kind: "stdout" } }), {
    nowMs: STARTED_MS + 4000,
  });
  match(end.text, /may be missing in stdout, or more if the program that reads it is slow$/);
});

Deno.test("sessionEndOfCrash reports the bytes of the last statistics if nothing is recorded", async () => {
  const outcome = crash({ lastStats: { ...STATS, bytes: 1234 } });
  const end = await sessionEndOfCrash(outcome, crashedSession(), { nowMs: STARTED_MS + 1000 });
  deepStrictEqual([end.bytes, end.statistics], [1234, STATS.statistics]);
  strictEqual(end.text.includes("file"), false);
});

Deno.test("sessionEndOfCrash reports a file that was removed or moved, and does not name it as the recording", async () => {
  const file = "/nowhere/cam1.ts";
  const end = await sessionEndOfCrash(crash({ files: [file] }), crashedSession(), { nowMs: STARTED_MS + 1000 });
  deepStrictEqual([end.file, end.bytes], [null, 0]);
  match(end.text, /\/nowhere\/cam1\.ts was removed or moved: it has what had arrived, if it still exists$/);
});

Deno.test("sessionEndOfCrash reports a rate of zero for a session of 0 ms", async () => {
  using file = temporaryFile(10);
  const outcome = crash({ durationMs: 0, files: [file.path] });
  strictEqual((await sessionEndOfCrash(outcome, crashedSession(), { nowMs: STARTED_MS })).bitsPerSecond, 0);
});

for (const [signal, code, cause] of [["SIGKILL", 137, "(SIGKILL)"], [null, 70, "(exit code 70)"]] as const) {
  Deno.test(`sessionEndOfCrash names what ended the process: ${cause}`, async () => {
    const end = await sessionEndOfCrash(crash({ signal, code }), crashedSession(), { nowMs: STARTED_MS });
    deepStrictEqual([end.signal, end.text.includes(cause)], [signal, true]);
  });
}

Deno.test("sessionEndOfCrash reports an attempt if no payload is known", async () => {
  strictEqual((await sessionEndOfCrash(crash(), crashedSession(), { nowMs: STARTED_MS })).attempt, true);
});

Deno.test("sessionEndOfCrash does not report an attempt if the caller had proven itself", async () => {
  strictEqual(
    (await sessionEndOfCrash(crash({ proven: true }), crashedSession(), { nowMs: STARTED_MS })).attempt,
    false,
  );
});

Deno.test("sessionEndOfCrash states why this program killed the process", async () => {
  const end = await sessionEndOfCrash(crash({ killed: "it did not respond for 30 s" }), crashedSession(), {
    nowMs: STARTED_MS,
  });
  match(end.text, /^its process was killed because it did not respond for 30 s; its caller got a SHUTDOWN/);
});

Deno.test("sessionEndOfCrash does not wait for a disk that does not answer, and keeps the file in its report", async () => {
  const outcome = crash({ files: ["/rec/cam.ts"], lastStats: STATS });
  const end = await sessionEndOfCrash(outcome, crashedSession(), {
    nowMs: STARTED_MS,
    sizeOf: () => new Promise(() => {}),
  });
  deepStrictEqual([end.bytes, end.files, end.attempt], [STATS.bytes, ["/rec/cam.ts"], false]);
  match(end.text, /; the size of \/rec\/cam\.ts cannot be read$/);
});

Deno.test("sessionEndOfCrash reports the bytes of the last statistics if the first files are not known", async () => {
  const outcome = crash({ files: ["/rec/cam-9.ts"], omittedFiles: 8, lastStats: STATS });
  const end = await sessionEndOfCrash(outcome, crashedSession(), { sizeOf: () => Promise.resolve(188) });
  strictEqual(end.bytes, STATS.bytes);
});
