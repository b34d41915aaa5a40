/** Tests of mod/listener/pulls.ts and pull_call.ts, with real sockets and without children. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";

import { reject } from "../../mod/admission/verdict.ts";
import type { UnconnectedPull } from "../../mod/vocabulary/unconnected_pull.ts";
import type { NotConnected, Pull, PullEnd } from "../../mod/listener/pull.ts";
import { Pulls, type PullsOptions } from "../../mod/listener/pulls.ts";
import type { TicketPeer } from "../../mod/listener/ticket.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { REJECTION } from "../../mod/packet/rejection_reason.ts";
import { ProblemError } from "../../mod/report/problem.ts";
import type { PullFailedEvent } from "../../mod/vocabulary/events.ts";
import { waitUntil } from "../support/processes.ts";

const libc = openLibc();

const PULL: Pull = {
  name: "cam1",
  host: "127.0.0.1",
  port: 9000,
  streamId: "#!::r=x,m=request",
  latencyMs: null,
  keyLength: null,
  connectTimeoutMs: null,
  passphrase: null,
};

/** As `mayCall`: a pull does not call until a session of an earlier listener was adopted for it and has ended. */
const NEVER = new Promise<void>(() => {});

/** The result of a call that has failed with this SRT reason; 16: no answer. */
function refusal(reason: number): NotConnected {
  return {
    rejection: reject(REJECTION.ISE, { text: "", advice: "" }),
    outcome: { kind: "not-accepted", cause: "rejected", text: "", reason },
  };
}

/** The end of a session. */
function ended(
  reason: "caller-closed" | "stopped",
  { address = "127.0.0.1", bytes = 1316 }: { readonly address?: string; readonly bytes?: number } = {},
): PullEnd {
  return { event: "session-end", reason, durationMs: 1000, caller: { address, port: 9000 }, bytes } as PullEnd;
}

/** Pulls, and the calls that they have begun. */
class Scene implements Disposable {
  readonly peers: TicketPeer[] = [];
  readonly reported: PullFailedEvent[] = [];
  readonly stopped: string[] = [];
  noneLeft = 0;
  readonly #ends: ((end: PullEnd) => void)[] = [];
  readonly pulls: Pulls;

  /** @param options `stopSession` replaces the default, which notes the session in `stopped` and ends it. */
  constructor(
    { stopSession, ...options }: Partial<PullsOptions & Pick<PullsOptions["sessions"], "stopSession">> = {},
  ) {
    this.pulls = new Pulls({
      libc,
      sessions: {
        stdoutSession: null,
        beginPull: (peer, { turn }) => {
          this.peers.push(peer);
          turn.end({ kind: "ready" });
          const { promise: end, resolve } = Promise.withResolvers<PullEnd>();
          this.#ends.push(resolve);
          return { session: `s${this.peers.length}`, end };
        },
        stopSession: stopSession ?? ((session) => {
          this.stopped.push(session);
          this.end(ended("stopped"));
        }),
      },
      resolve: (host) => Promise.resolve([host]),
      terms: () => ({ latencyMs: null, idleMs: null, srt: {} }),
      checkFolder: () => Promise.resolve(null),
      turn: () => Promise.resolve({ end: () => {} }),
      passphraseOption: "--passphrase-file FILE",
      report: (event) => this.reported.push(event),
      onNoneLeft: () => this.noneLeft += 1,
      firstPauseMs: 1,
      ...options,
    });
  }

  /** Waits until this many calls have begun. */
  async calls(count: number): Promise<void> {
    await waitUntil(`call ${count}`, () => this.peers.length >= count, 1);
  }

  /** Ends the newest call. */
  end(end: PullEnd): void {
    this.#ends.at(-1)?.(end);
  }

  [Symbol.dispose](): void {
    this.pulls.close();
  }
}

Deno.test("a pull calls again after a session and after a failure, and reports a cause once until it changes or a session has ended", async () => {
  using scene = new Scene();
  scene.pulls.set([PULL]);
  const ends = [refusal(1403), refusal(1403), refusal(16), ended("caller-closed"), refusal(16)];
  for (const [index, end] of ends.entries()) {
    await scene.calls(index + 1);
    scene.end(end);
  }
  await scene.calls(6);
  deepStrictEqual(scene.reported.map(({ stream, listener, reason, retryMs }) => [stream, listener, reason, retryMs]), [
    ["cam1", "srt://127.0.0.1:9000", 1403, 1],
    ["cam1", "srt://127.0.0.1:9000", 16, 4],
    ["cam1", "srt://127.0.0.1:9000", 16, 16],
  ]);
  match(scene.reported[0]?.text ?? "", /^refused by 127\.0\.0\.1:9000: .*1403/);
});

Deno.test("the ticket of a call has the stream ID for the listener, and the name of the pull as stream name", async () => {
  using scene = new Scene();
  scene.pulls.set([{ ...PULL, passphrase: "correct horse battery", keyLength: 32 }]);
  await scene.calls(1);
  const { call, caller, local, streamId, encrypted, acceptTimeoutMs } = scene.peers[0] ?? ({} as TicketPeer);
  deepStrictEqual(call, { streamId: "#!::r=x,m=request", keyLength: 32 });
  deepStrictEqual([caller, local.address], [{ address: "127.0.0.1", port: 9000 }, "127.0.0.1"]);
  deepStrictEqual([streamId.name, encrypted, acceptTimeoutMs], ["cam1", true, 3000]);
  // the name in the stream ID may be a key
  deepStrictEqual([streamId.masked, streamId.streamKey, [...streamId.keys]], ["cam1", "x", []]);
});

Deno.test("the addresses of a host are called in turn, and a failure that all have in common is reported once", async () => {
  using scene = new Scene({ resolve: () => Promise.resolve(["127.0.0.1", "127.0.0.2"]) });
  scene.pulls.set([PULL]);
  for (let count = 1; count <= 3; count += 1) {
    await scene.calls(count);
    scene.end(refusal(16));
  }
  await scene.calls(4);
  deepStrictEqual(scene.peers.map(({ caller }) => caller.address), [
    "127.0.0.1",
    "127.0.0.2",
    "127.0.0.1",
    "127.0.0.2",
  ]);
  strictEqual(scene.reported.length, 1);
});

Deno.test("addresses of a host that fail for different causes are reported once each, and again if a cause changes", async () => {
  using scene = new Scene({ resolve: () => Promise.resolve(["127.0.0.1", "127.0.0.2"]) });
  scene.pulls.set([PULL]);
  for (const [index, reason] of [16, 1403, 16, 1403, 16, 1402, 16, 1403].entries()) {
    await scene.calls(index + 1);
    scene.end(refusal(reason));
  }
  await scene.calls(9);
  deepStrictEqual(scene.reported.map(({ reason }) => reason), [16, 1403, 1402, 1403]);
});

Deno.test("after a session without payload, the next address is called; after one with payload, the same address", async () => {
  let lookUps = 0;
  using scene = new Scene({
    resolve: () => { // a name server may list the addresses in another order each time
      lookUps += 1;
      return Promise.resolve(lookUps % 2 === 0 ? ["127.0.0.2", "127.0.0.1"] : ["127.0.0.1", "127.0.0.2"]);
    },
  });
  scene.pulls.set([PULL]);
  const called: string[] = [];
  for (const bytes of [0, 1316, 1316, 0, 0]) {
    await scene.calls(called.length + 1);
    const { address = "" } = scene.peers.at(-1)?.caller ?? {};
    called.push(address);
    scene.end(ended("caller-closed", { address, bytes }));
  }
  deepStrictEqual(called, ["127.0.0.1", "127.0.0.2", "127.0.0.2", "127.0.0.2", "127.0.0.1"]);
});

Deno.test("the address of an adopted session without payload is not called next", async () => {
  using scene = new Scene({ resolve: () => Promise.resolve(["127.0.0.1", "127.0.0.2"]) });
  const { promise: end, resolve } = Promise.withResolvers<PullEnd>();
  scene.pulls.set([PULL], { mayCall: NEVER });
  scene.pulls.adopt("cam1", { session: "s7", end });
  resolve(ended("caller-closed", { bytes: 0 }));
  await scene.calls(1);
  strictEqual(scene.peers[0]?.caller.address, "127.0.0.2");
});

Deno.test("a link-local address of a host is not called, and a host that has no other is reported", async () => {
  let lookUps = 0;
  using scene = new Scene({
    resolve: () => {
      lookUps += 1;
      return Promise.resolve(lookUps === 1 ? ["fe80::1%eth0"] : ["fe80::1%eth0", "127.0.0.1"]);
    },
  });
  scene.pulls.set([{ ...PULL, host: "camera.local" }]);
  await scene.calls(1);
  strictEqual(scene.peers[0]?.caller.address, "127.0.0.1");
  match(scene.reported[0]?.text ?? "", /^"camera\.local" has only link-local addresses/);
});

Deno.test("an address that the kernel refuses is reported, and the next one is called", async () => {
  using scene = new Scene({ resolve: () => Promise.resolve(["fe80::1", "127.0.0.1"]) });
  scene.pulls.set([PULL]);
  await scene.calls(1);
  strictEqual(scene.peers[0]?.caller.address, "127.0.0.1");
  match(scene.reported[0]?.text ?? "", /^cannot call \[fe80::1\]:9000: /);
});

Deno.test("a host that is not found and a folder that cannot be used are reported, and no call begins", async () => {
  let tries = 0;
  using scene = new Scene({
    resolve: (host) => {
      tries += 1;
      if (tries < 3) throw new ProblemError("cannot find the address", { hint: "check the spelling" });
      return Promise.resolve([host]);
    },
    checkFolder: () => Promise.resolve(reject(REJECTION.NOROOM, { text: "the disk is full", advice: "make room" })),
  });
  scene.pulls.set([PULL]);
  await waitUntil("two reports", () => scene.reported.length === 2, 1);
  deepStrictEqual(scene.reported.map(({ reason, text, advice }) => [reason, text, advice]), [
    [null, "cannot find the address", "check the spelling"],
    [null, "the disk is full", "make room"],
  ]);
  strictEqual(scene.peers.length, 0);
});

Deno.test("unconnected has each pull after a failed call or a session, with the cause and the time of the next call", async () => {
  using scene = new Scene({ firstPauseMs: 10_000 });
  scene.pulls.set([PULL, { ...PULL, name: "cam2" }]);
  await scene.calls(2);
  deepStrictEqual(scene.pulls.unconnected, []);
  scene.end(refusal(16));
  await waitUntil("the pause", () => scene.pulls.unconnected.length === 1, 1);
  const [{ nextCallMs, text, ...pull } = {} as Partial<UnconnectedPull>] = scene.pulls.unconnected;
  match(text ?? "", /^no answer from 127\.0\.0\.1:9000 in time/);
  deepStrictEqual([pull.stream, pull.listener, pull.reason], ["cam2", "srt://127.0.0.1:9000", 16]);
  ok(nextCallMs !== null && nextCallMs !== undefined && nextCallMs > 9000, `${nextCallMs}`);
  scene.pulls.stop(["cam2"]);
  deepStrictEqual(scene.pulls.unconnected, []);
});

Deno.test("unconnected keeps the cause while the listener is called again", async () => {
  using scene = new Scene();
  scene.pulls.set([PULL]);
  await scene.calls(1);
  scene.end({ ...ended("caller-closed") as object, text: "the listener closed the connection", advice: "" } as PullEnd);
  await scene.calls(2);
  const [{ text, reason, nextCallMs } = {} as Partial<UnconnectedPull>] = scene.pulls.unconnected;
  deepStrictEqual([text, reason, nextCallMs], ["the listener closed the connection", null, null]);
});

Deno.test("stop ends a pull by its name or session ID, onNoneLeft is called once its session has ended, and set begins the pull again", async () => {
  using scene = new Scene();
  for (const [index, wanted] of ["cam1", "s2"].entries()) {
    scene.pulls.set([PULL]);
    await scene.calls(index + 1);
    deepStrictEqual(scene.pulls.stop([wanted, "other"]), [{ name: "cam1", session: `s${index + 1}` }]);
    await new Promise((resolve) => setImmediate(resolve));
    strictEqual(scene.noneLeft, index);
    scene.end(ended("stopped"));
    await waitUntil("the end of the pull", () => scene.noneLeft === index + 1, 1);
  }
  deepStrictEqual(scene.pulls.stop(["cam1"]), []);
});

Deno.test("stop ends a pull that waits for its next call, for sessions to adopt or for a look-up", async () => {
  const { promise: never } = Promise.withResolvers<[string]>();
  using scene = new Scene({
    firstPauseMs: 60_000,
    resolve: (host) => host === "slow" ? never : Promise.resolve([host]),
  });
  scene.pulls.set([PULL, { ...PULL, name: "slow", host: "slow" }]);
  await scene.calls(1);
  scene.end(refusal(16));
  await waitUntil("the pause", () => scene.reported.length === 1, 1);
  deepStrictEqual(scene.pulls.stop(["cam1", "slow"]).map(({ session }) => session), [null, null]);
  await waitUntil("the end of the pulls", () => scene.noneLeft === 1, 1);
  scene.pulls.set([PULL], { mayCall: NEVER });
  scene.pulls.stop(["cam1"]);
  await waitUntil("the end of the pull", () => scene.noneLeft === 2, 1);
  deepStrictEqual([scene.peers.length, scene.reported.length], [1, 1]);
});

Deno.test("a pull that was stopped before its session is adopted ends that session", () => {
  using scene = new Scene();
  scene.pulls.set([PULL], { mayCall: NEVER });
  scene.pulls.stop(["cam1"]);
  const { promise: end } = Promise.withResolvers<PullEnd>();
  scene.pulls.adopt("cam1", { session: "s7", end });
  deepStrictEqual(scene.stopped, ["s7"]);
});

Deno.test("a session that was not stopped by an order to its pull is followed by the next call", async () => {
  using scene = new Scene();
  scene.pulls.set([PULL]);
  await scene.calls(1);
  scene.end(ended("stopped")); // such as by SIGTERM to its process
  await scene.calls(2);
});

Deno.test("set ends the pulls that are gone or have changed, and a changed one begins after its session has ended", async () => {
  using scene = new Scene();
  scene.pulls.set([PULL]);
  await scene.calls(1);
  scene.pulls.set([PULL]);
  deepStrictEqual(scene.stopped, []);
  scene.pulls.set([{ ...PULL, port: 9001 }]);
  deepStrictEqual(scene.stopped, ["s1"]);
  await scene.calls(2);
  strictEqual(scene.peers[1]?.caller.port, 9001);
  scene.pulls.set([]);
  deepStrictEqual([scene.stopped, scene.noneLeft], [["s1", "s2"], 0]);
});

Deno.test("a pull that is removed and set again calls after its session has ended", async () => {
  const ordered: string[] = [];
  using scene = new Scene({ stopSession: (session) => ordered.push(session) });
  scene.pulls.set([PULL]);
  await scene.calls(1);
  scene.pulls.set([]);
  scene.pulls.set([PULL]);
  await new Promise((resolve) => setImmediate(resolve)); // a pull that did not wait would call now
  deepStrictEqual([ordered, scene.peers.length], [["s1"], 1]);
  scene.end(ended("stopped"));
  await scene.calls(2);
});

Deno.test("no pull calls before sessions of an earlier listener are adopted, not even one that set begins meanwhile", async () => {
  const { promise: mayCall, resolve } = Promise.withResolvers<void>();
  using scene = new Scene();
  scene.pulls.set([PULL], { mayCall });
  scene.pulls.set([{ ...PULL, port: 9001 }, { ...PULL, name: "cam2", port: 9002 }]);
  await new Promise((resolve) => setImmediate(resolve)); // a pull that did not wait would call now
  strictEqual(scene.peers.length, 0);
  resolve();
  await scene.calls(2);
  deepStrictEqual(scene.peers.map(({ caller }) => caller.port).sort(), [9001, 9002]);
});

Deno.test("an adopted session keeps its pull from calling until it has ended", async () => {
  using scene = new Scene();
  const { promise: end, resolve } = Promise.withResolvers<PullEnd>();
  scene.pulls.set([PULL], { mayCall: NEVER });
  scene.pulls.adopt("cam1", { session: "s7", end });
  scene.pulls.adopt("other", { session: "s8", end });
  strictEqual(scene.peers.length, 0);
  resolve(ended("caller-closed"));
  await scene.calls(1);
});
