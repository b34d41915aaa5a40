/** Tests of mod/listener/listener.ts with scripts as children: they fail, die, send forged messages, or keep callers waiting. */
import { deepStrictEqual, match, ok, rejects, strictEqual } from "node:assert/strict";
import { Channel } from "../../mod/handoff/channel.ts";
import { ChannelMessages } from "../../mod/handoff/channel_messages.ts";
import { controlName } from "../../mod/handoff/control_name.ts";
import { Listener, parallelStarts } from "../../mod/listener/listener.ts";
import { connectAbstract } from "../../mod/os/abstract_socket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { Readiness } from "../../mod/os/readiness.ts";
import { REJECTION_BASE } from "../../mod/packet/handshake.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import type { Reporter } from "../../mod/report/reporter.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";
import { MIN_UNPROVEN } from "../../mod/admission/unproven_places.ts";
import { END, START, STATS } from "../report/events_of_a_run.ts";
import { ENDS, print, READ_TICKET, READY, scriptedChild, STARTS } from "../handoff/started_child.ts";
import { CONCLUSION_SID } from "../fixtures/handshakes.ts";
import { DEADLINE_MS, within } from "../support/deadline.ts";
import { localListener } from "../support/listener_options.ts";
import { SHUTDOWN } from "../support/lossy_link.ts";
import { Splitter } from "../support/splitter.ts";
import { waitUntil } from "../support/processes.ts";
import { conclusionAfter, RawCaller } from "../support/raw_caller.ts";
import { SrtCaller } from "../support/srt_caller.ts";

const libc = openLibc();

/** Offset of the type in a handshake. */
const TYPE_OFFSET = 36;

/**
 * A listener on 127.0.0.1 whose children are `sh` with this script. They must accept within `acceptedMs`. The lines of `--verbose`
 * are added to `details`, and warnings to `warnings`. It is stopped once, at the latest when the test ends.
 */
function listenWith(
  script: string,
  events: SplitterEvent[],
  { acceptedMs = DEADLINE_MS, spares = 0, details = [], warnings = [] }: {
    readonly acceptedMs?: number;
    readonly spares?: number;
    readonly details?: string[];
    readonly warnings?: string[];
  } = {},
): Listener & AsyncDisposable {
  const reporter: Reporter = {
    report: (event) => events.push(event),
    warn: (text) => warnings.push(text),
    debug: (text) => details.push(text),
  };
  const command = scriptedChild(script);
  const listener = Listener.open({
    ...localListener(),
    childCommands: () => ({ caller: command, spare: command }),
    spares,
    childDeadlines: { acceptedMs, stoppedMs: 500, leftMs: 500, quietMs: 60_000, hungMs: 60_000 },
    reporter,
  });
  listener.startUpkeep();
  let stopped: Promise<void> | null = null;
  const stopOnce = Listener.prototype.stop.bind(listener);
  const stop = () => stopped ??= stopOnce();
  return Object.assign(listener, { stop, [Symbol.asyncDispose]: stop });
}

Deno.test("a caller whose child is never ready is rejected after the deadline", async () => {
  const events: SplitterEvent[] = [];
  await using listener = listenWith("exec sleep 60", events, { acceptedMs: 500 });
  await rejects(SrtCaller.connect({ port: listener.port }), { rejectReason: 1500 });
  const [refused] = events;
  strictEqual(refused?.event, "refused");
  match(refused.text, /not accepted in time: its process was not ready within 0.5 s/);
});

Deno.test("a caller whose child dies before it accepts is rejected at once", async () => {
  const events: SplitterEvent[] = [];
  await using listener = listenWith("exit 70", events);
  await rejects(SrtCaller.connect({ port: listener.port }), { rejectReason: 1500 });
  const [refused] = events;
  strictEqual(refused?.event, "refused");
  match(refused.text, /its process died before its session began \(exit code 70\)/);
});

Deno.test("a caller whose child dies after libsrt has accepted it gets a SHUTDOWN, and the end of its session is reported", async () => {
  const events: SplitterEvent[] = [];
  const accepted = '{"event":"accepted","socketId":7}';
  await using listener = listenWith(`printf '%s\\n' '{"event":"ready"}' '${accepted}'; exit 70`, events);
  using caller = new RawCaller(listener.port);
  await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  strictEqual((await caller.receive()).getUint32(0), SHUTDOWN);
  await waitUntil("the end", () => events.some(({ event }) => event === "session-end"));
  deepStrictEqual(events.map(({ event }) => event), ["session-start", "session-end"]);
});

Deno.test("cut states that a recording has not begun, although its caller is connected", async () => {
  const accepted = '{"event":"accepted","socketId":7}';
  await using listener = listenWith(`printf '%s\\n' '{"event":"ready"}' '${accepted}'; exec sleep 60`, []);
  using caller = new RawCaller(listener.port);
  await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  await waitUntil("the connection", () => listener.waitingRecordings === 1);
  const { code, stderr } = await Splitter.run(["cut", "s1", "--listener", `127.0.0.1:${listener.port}`]);
  strictEqual(code, 1);
  match(stderr, /its recording has not begun yet; try again in a few seconds/);
});

Deno.test("a caller gets another process if its spare dies after it received the ticket", async () => {
  const [events, details]: [SplitterEvent[], string[]] = [[], []];
  const script = [READ_TICKET, `case "$ticket" in *'"spare":true'*) exit 70;; esac`, READY, STARTS, ENDS].join("\n");
  await using listener = listenWith(script, events, { spares: 1, details });
  await waitUntil("a spare", () => details.some((text) => / waits for a caller$/.test(text)));
  using caller = new RawCaller(listener.port);
  await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  await waitUntil("the session", () => events.some(({ event }) => event === "session-end"));
  deepStrictEqual(events.map(({ event }) => event), ["session-start", "session-end"]);
  strictEqual(details.filter((text) => /^s1: its spare has died; process \d+ takes its place$/.test(text)).length, 1);
});

Deno.test("a child cannot report events of another session, and cannot give the listener a command", async () => {
  const events: SplitterEvent[] = [];
  const forged = [
    print({ ...START, session: "s2" }),
    print({ ...STATS, session: "s2" }),
    print({ ...END, session: "s2" }),
    print({ hello: "command", command: "stop-all" }),
    print({ event: "stopping" }),
  ];
  await using listener = listenWith([READ_TICKET, READY, STARTS, ...forged, ENDS].join("\n"), events);
  using caller = new RawCaller(listener.port);
  await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  await waitUntil("the end", () => events.some(({ event }) => event === "session-end"));
  deepStrictEqual(events.map((event) => "session" in event ? [event.event, event.session] : [event.event]), [
    ["session-start", "s1"],
    ["session-end", "s1"],
  ]);
});

Deno.test("the command stop reports a session that had not begun as refused", async () => {
  const details: string[] = [];
  await using listener = listenWith(`${READ_TICKET}; read -r order; exit 70`, [], { details });
  using readiness = new Readiness(libc);
  using caller = new RawCaller(listener.port);
  await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  await waitUntil("the process", () => details.some((text) => /^s1: process \d+ for /.test(text)));
  const place = { uid: libc.symbols.geteuid(), address: "127.0.0.1", port: listener.port };
  const connected = connectAbstract(libc, controlName(place));
  ok(connected);
  using channel = new Channel(connected.socket);
  channel.send(JSON.stringify({ hello: "command", command: "stop", sessions: ["s1"] }));
  const answer = await within(new ChannelMessages(channel, readiness).next(), "an answer");
  deepStrictEqual(JSON.parse(answer?.text ?? ""), {
    ...{ answer: "stop", pid: Deno.pid },
    ...{ ended: [], refused: ["s1"], unknown: [], notCalled: [], endedPulls: [], wereStopped: [] },
  });
});

/** Stops a listener while callers wait for a process. Returns how many waited and for how long, and how many it rejected. */
async function stopWhileCallersWait() {
  const details: string[] = [];
  await using listener = listenWith("exec sleep 60", [], { details });
  const started = () => details.filter((text) => /^s\d+: process \d+ for /.test(text)).length;
  using callers = new DisposableStack();
  const beganMs = performance.now();
  // more than there are places for unproven callers
  const all = Array.from({ length: MIN_UNPROVEN + 2 }, () => callers.use(new RawCaller(listener.port)));
  await Promise.all(all.map(async (caller) => {
    await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
  }));
  const most = Math.min(parallelStarts(), MIN_UNPROVEN);
  await waitUntil("all processes that may start at once", () => started() === most);
  const waitedMs = performance.now() - beganMs;
  await listener.stop();
  const answers = await Promise.all(all.map((caller) => caller.receive()));
  const rejected = answers.filter((answer) => answer.getUint32(TYPE_OFFSET) === REJECTION_BASE + REJECTION.DOWN);
  return { waiting: all.length - started(), waitedMs, rejected: rejected.length };
}

Deno.test("callers that wait for a process are rejected when the listener stops", async () => {
  for (let times = 1;; times += 1) {
    const { waiting, waitedMs, rejected } = await stopWhileCallersWait();
    if (waitedMs > 1500 && times < 10) continue; // on a busy machine, they may be refused before the stop: the wait has a limit
    return strictEqual(rejected, waiting);
  }
});

Deno.test({
  name: "a session that is accepted while other callers wait for a process begins its recording when none waits",
  ignore: parallelStarts() >= MIN_UNPROVEN, // then no caller waits for a process
  fn: async () => {
    const warnings: string[] = [];
    await using listener = listenWith(
      [
        READ_TICKET,
        `case "$ticket" in *'"session":"s1"'*) ;; *) printf '%s\\n' '{"event":"ready"}'; exec sleep 60 ;; esac`,
        "read -r first",
        READY,
        print({ event: "accepted", socketId: 7 }),
        "read -r second",
        `printf '{"event":"warning","text":"%s, %s"}\n' "$first" "$second"`,
        STARTS,
        ENDS,
      ].join("\n"),
      [],
      { warnings },
    );
    using callers = new DisposableStack();
    for (let index = 0; index <= parallelStarts(); index += 1) {
      const caller = callers.use(new RawCaller(listener.port));
      await caller.send(conclusionAfter(await caller.induce(), CONCLUSION_SID));
    }
    await waitUntil("both orders", () => warnings.length > 0);
    deepStrictEqual(warnings, ["s1: wait, record"]);
  },
});
