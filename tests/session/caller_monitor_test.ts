/** Tests of mod/session/caller_monitor.ts: what a caller does, as the kernel's counters show it. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { type CallFilter, FIRST_FILTER } from "../../mod/session/call_filters.ts";
import { CallerMonitor, type CallerSign } from "../../mod/session/caller_monitor.ts";
import { SILENCE_MS } from "../../mod/srt/session_option.ts";

/** Time between two checks: a round. */
const ROUND_MS = 40;
/** Without payload for this long, a caller is at rest. */
const REST_MS = 300;

/** A simulated caller, and the kernel's counters of its socket with the filter in force. */
class Caller {
  #stamp = 0n;
  #drops = 7;
  #overflows = 1000;
  #queued = 0;
  #filter: CallFilter = FIRST_FILTER;
  #payloadMs: number | null = null;
  nowMs = 0;
  roundTripMs = 20;
  /** Runs between the readings of the two counters of lost datagrams. */
  beforeOverflows = () => {};
  /** Runs between the last reading of the counters and a change of the filter. */
  beforeFilter = () => {};
  readonly monitor = new CallerMonitor({
    socket: {
      arrivalStamp: () => this.#stamp,
      queue: () => ({ queuedBytes: this.#queued, limitBytes: 400_000, drops: this.#drops }),
    },
    before: { drops: 7, overflows: 1000 },
    silenceMs: SILENCE_MS,
    setFilter: (filter) => {
      this.beforeFilter();
      this.#filter = filter;
    },
    overflows: () => {
      this.beforeOverflows();
      return this.#overflows;
    },
  }, 0);

  /** Whether the filter passes calls to libsrt, which answers them. */
  get answersCalls(): boolean {
    return this.#filter.induction === "pass";
  }

  get passesConclusions(): boolean {
    return this.#filter.otherConclusion === "pass";
  }

  /** A datagram arrives and libsrt reads it. No two have the same stamp. */
  #arrives(): void {
    const nowUs = BigInt(this.nowMs) * 1000n;
    this.#stamp = nowUs > this.#stamp ? nowUs : this.#stamp + 1n;
  }

  /** Payload. */
  sends(): void {
    this.#payloadMs = this.nowMs;
    this.#arrives();
  }

  repeatsConclusion(): void {
    this.#arrives();
  }

  /** ACKACK. */
  acknowledges(): void {
    this.#arrives();
  }

  /** What a caller at rest sends each second. */
  keepsAlive(): void {
    this.#arrives();
  }

  shutsDown(): void {
    this.#drops += 1;
  }

  /** An INDUCTION comes from its port. */
  calls(): void {
    if (this.#filter.induction === "drop") this.#drops += 1;
    else this.#arrives();
  }

  /** Starts again: calls after `pauseMs`, and then every `repeatedMs`. Returns what to run in each round. */
  callsEvery(repeatedMs: number, pauseMs = ROUND_MS): () => void {
    let nextMs = this.nowMs + pauseMs;
    return () => {
      if (this.nowMs < nextMs) return;
      this.calls();
      nextMs += repeatedMs;
    };
  }

  /** Its receive buffer is full, and the kernel drops `datagrams` of its datagrams, and `elsewhere` of other sockets. */
  overflows(datagrams: number, elsewhere = 0): void {
    this.#drops += datagrams;
    this.#overflows += datagrams + elsewhere;
  }

  /** This many bytes wait in its socket, because libsrt's thread does not read. */
  leavesUnread(bytes: number): void {
    this.#queued = bytes;
  }

  /** Runs rounds; returns the first sign and when it came. */
  rounds(count: number, each: () => void = () => {}): { readonly sign: CallerSign; readonly afterMs: number } | null {
    const startMs = this.nowMs;
    for (let round = 0; round < count; round += 1) {
      this.nowMs += ROUND_MS;
      each();
      const sign = this.monitor.check(this.nowMs, {
        idleMs: this.nowMs - (this.#payloadMs ?? 0),
        hasPayload: this.#payloadMs !== null,
        roundTripMs: this.roundTripMs,
      });
      if (sign !== null) return { sign, afterMs: this.nowMs - startMs };
    }
    return null;
  }
}

Deno.test("a caller that sends and closes is closed in the next round", () => {
  const caller = new Caller();
  strictEqual(caller.rounds(20, () => caller.sends()), null); // 800 ms: the filter hides calls
  caller.shutsDown();
  deepStrictEqual(caller.rounds(1), { sign: "closed", afterMs: ROUND_MS });
});

Deno.test("a caller that closes and calls again at once is closed", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  caller.shutsDown();
  caller.calls();
  strictEqual(caller.rounds(1)?.sign, "closed");
});

Deno.test("a caller that closes while the filter counts calls is closed, once it stays silent", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  caller.shutsDown();
  deepStrictEqual(caller.rounds(60), { sign: "closed", afterMs: 1560 });
});

Deno.test("a caller that may have closed is undecided, so that --idle does not end its session", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  strictEqual(caller.monitor.isUndecided, false);
  caller.shutsDown();
  caller.rounds(30);
  strictEqual(caller.monitor.isUndecided, true);
});

Deno.test("a caller is no longer undecided if payload arrives after the call of another caller", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  caller.calls();
  caller.rounds(10, () => caller.sends());
  strictEqual(caller.monitor.isUndecided, false);
});

// what libsrt's callers do: a call is repeated every 250 ms, or every second if srt_connect waits, and times out after 3 s
for (const [repeatedMs, deadlineMs] of [[240, 2400], [1000, 2000]] as const) {
  for (const pauseMs of [0, 120, 320, 600, 880, 1000, 1200, 2600, 3200]) {
    // with these pauses, the first call arrives when payload or a KEEPALIVE is expected: the filter hides it, and counts the next
    if (repeatedMs === 1000 && (pauseMs < REST_MS || (pauseMs > 700 && pauseMs < 1100))) continue;
    Deno.test(`a caller that vanishes, and calls again after ${pauseMs} ms and then every ${repeatedMs} ms, has returned in time`, () => {
      const caller = new Caller();
      caller.rounds(20, () => caller.sends());
      caller.rounds(pauseMs / ROUND_MS);
      const result = caller.rounds(75, caller.callsEvery(repeatedMs));
      strictEqual(result?.sign, "returned");
      strictEqual(result.afterMs < deadlineMs, true, `${result.afterMs} ms`);
    });
  }
}

for (const restMs of [400, 960, 2400, 4000]) {
  Deno.test(`a caller that closes after ${restMs} ms at rest is closed in the next round`, () => {
    const caller = new Caller();
    caller.rounds(20, () => caller.sends());
    let round = 0;
    caller.rounds(restMs / ROUND_MS, () => ++round % 25 === 0 && caller.keepsAlive());
    caller.shutsDown();
    caller.calls();
    deepStrictEqual(caller.rounds(1), { sign: "closed", afterMs: ROUND_MS });
  });
}

Deno.test("the ACKACK of the last payload is not mistaken for a call, however long the round trip takes", () => {
  for (const roundTripMs of [320, 400, 720]) {
    const caller = new Caller();
    caller.roundTripMs = roundTripMs;
    caller.rounds(20, () => caller.sends());
    caller.rounds(roundTripMs / ROUND_MS);
    caller.acknowledges();
    caller.rounds(4);
    caller.shutsDown();
    deepStrictEqual([roundTripMs, caller.rounds(1)?.sign], [roundTripMs, "closed"]);
  }
});

for (const closedMs of [120, 480, 920]) {
  Deno.test(`a caller whose KEEPALIVEs come early and late, and that closes ${closedMs} ms after the last, is closed`, () => {
    const caller = new Caller();
    caller.rounds(20, () => caller.sends());
    for (const rounds of [25, 30, 20, 29, 21]) {
      caller.rounds(rounds);
      caller.keepsAlive();
    }
    caller.rounds(closedMs / ROUND_MS);
    caller.shutsDown();
    strictEqual(caller.rounds(75)?.sign, "closed");
  });
}

Deno.test("a caller that closes some time after a datagram that was mistaken for a call is closed", () => {
  for (const closedMs of [120, 480, 800]) {
    const caller = new Caller();
    caller.rounds(20, () => caller.sends());
    caller.rounds(10);
    caller.acknowledges();
    caller.rounds(closedMs / ROUND_MS);
    caller.shutsDown();
    deepStrictEqual([closedMs, caller.rounds(75)?.sign], [closedMs, "closed"]);
  }
});

Deno.test("a caller that closes at rest while the filter counts calls is closed, once it stays silent", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  let round = 0;
  caller.rounds(45, () => ++round % 25 === 0 && caller.keepsAlive()); // at rest for 1800 ms: the filter counts calls
  caller.shutsDown();
  deepStrictEqual(caller.rounds(60), { sign: "closed", afterMs: 2240 });
});

Deno.test("a caller that repeats its CONCLUSION, and closes without payload, is closed", () => {
  const caller = new Caller();
  caller.rounds(8);
  caller.repeatsConclusion();
  caller.rounds(1);
  caller.shutsDown();
  strictEqual(caller.rounds(60)?.sign, "closed");
});

Deno.test("a caller that sends nothing is silent after 5 s", () => {
  const caller = new Caller();
  deepStrictEqual(caller.rounds(200), { sign: "silent", afterMs: 5000 });
});

Deno.test("a caller at rest that sends KEEPALIVE each second is neither silent nor gone", () => {
  const caller = new Caller();
  let round = 0;
  strictEqual(caller.rounds(500, () => ++round % 25 === 0 && caller.keepsAlive()), null);
});

Deno.test("a forged call does not end a session at rest", () => {
  const caller = new Caller();
  let round = 0;
  const result = caller.rounds(500, () => {
    round += 1;
    if (round % 25 === 0) caller.keepsAlive();
    if (round % 25 === 10) caller.calls();
  });
  strictEqual(result, null);
});

Deno.test("calls that continue while payload arrives are another caller's, and it is answered", () => {
  const caller = new Caller();
  let round = 0;
  const result = caller.rounds(60, () => {
    caller.sends();
    if (++round % 6 === 0) caller.calls();
  });
  deepStrictEqual([result, caller.answersCalls], [null, true]);
});

Deno.test("a call of another caller that arrives just before the filter changes does not end the session", () => {
  const caller = new Caller();
  caller.beforeFilter = () => caller.calls();
  const result = caller.rounds(200, () => {
    caller.sends();
    caller.calls();
  });
  strictEqual(result, null);
});

Deno.test("datagrams that a full receive buffer loses between two readings of the counters do not end the session", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends()); // 800 ms: the filter hides calls
  caller.beforeOverflows = () => {
    caller.overflows(200);
    caller.beforeOverflows = () => {};
  };
  deepStrictEqual([caller.rounds(40, () => caller.sends()), caller.monitor.kernelDrops], [null, 200]);
});

Deno.test("datagrams that a full receive buffer loses just before the filter changes are counted as lost", () => {
  const caller = new Caller();
  caller.rounds(43, () => caller.sends()); // 1720 ms: the filter counts calls
  caller.beforeFilter = () => {
    caller.overflows(200);
    caller.leavesUnread(400_000);
    caller.beforeFilter = () => {};
  };
  strictEqual(caller.rounds(4), null); // 1880 ms: the filter hides calls again
  deepStrictEqual(caller.monitor.kernelDrops, 199, "one of them may have been a SHUTDOWN");
  caller.leavesUnread(0);
  deepStrictEqual([caller.rounds(40, () => caller.sends()), caller.monitor.kernelDrops], [null, 200]);
});

Deno.test("a caller that closes just before the filter changes is closed, once it stays silent", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  caller.beforeFilter = () => {
    caller.shutsDown();
    caller.beforeFilter = () => {};
  };
  deepStrictEqual(caller.rounds(9, () => caller.sends()), null); // 1880 ms: the filter hides calls again
  const end = caller.rounds(60);
  strictEqual(end?.sign, "closed");
  ok(end.afterMs <= 2200, `after ${end.afterMs} ms`);
});

Deno.test("a caller that closes while another caller is answered is closed at once", () => {
  const caller = new Caller();
  let round = 0;
  caller.rounds(60, () => {
    caller.sends();
    if (++round % 6 === 0) caller.calls();
  });
  caller.shutsDown();
  strictEqual(caller.rounds(1)?.sign, "closed");
});

Deno.test("datagrams that a full receive buffer lost do not end the session, and are counted", () => {
  const caller = new Caller();
  const result = caller.rounds(100, () => {
    caller.sends();
    caller.overflows(90);
  });
  deepStrictEqual([result, caller.monitor.kernelDrops], [null, 8999]); // the last one may have been a SHUTDOWN
  caller.rounds(10, () => caller.sends());
  strictEqual(caller.monitor.kernelDrops, 9000);
});

Deno.test("a SHUTDOWN that arrives while buffers of other sockets are full is noticed once the caller stays silent", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  caller.sends();
  caller.overflows(0, 50);
  caller.shutsDown();
  deepStrictEqual(caller.rounds(60), { sign: "closed", afterMs: 1560 });
  strictEqual(caller.monitor.kernelDrops, 0);
});

Deno.test("a live caller whose packets libsrt's thread does not read for seconds is kept", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  caller.leavesUnread(380_000);
  const result = caller.rounds(150, () => {
    caller.overflows(20);
    caller.calls();
  });
  caller.leavesUnread(0);
  deepStrictEqual([result, caller.rounds(20, () => caller.sends())], [null, null]);
});

Deno.test("a caller whose last payload is read long after its SHUTDOWN was counted is closed", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  caller.sends();
  caller.leavesUnread(1316);
  caller.shutsDown();
  strictEqual(caller.rounds(25), null); // the machine is too busy to run the thread
  caller.leavesUnread(0);
  strictEqual(caller.rounds(60)?.sign, "closed");
});

Deno.test("a SHUTDOWN that arrived before the first check is noticed", () => {
  const caller = new Caller();
  caller.shutsDown();
  strictEqual(caller.rounds(1)?.sign, "closed");
});

Deno.test("a caller that starts again while buffers of other sockets are full has returned", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  const call = caller.callsEvery(240, 400);
  const result = caller.rounds(75, () => {
    caller.overflows(0, 1);
    call();
  });
  strictEqual(result?.sign, "returned");
});

Deno.test("a call of another caller while the first caller is at rest does not end the session, and is answered", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  const call = caller.callsEvery(240, 400);
  let round = 0;
  let answered = 0;
  const result = caller.rounds(120, () => {
    if (++round % 25 === 0) caller.keepsAlive();
    if (caller.answersCalls) answered += 1;
    else call();
  });
  deepStrictEqual([result, answered > 0], [null, true]);
});

Deno.test("CONCLUSIONs of other callers pass in the first four seconds, and are hidden afterwards", () => {
  const caller = new Caller();
  const passes: boolean[] = [];
  caller.rounds(120, () => {
    caller.sends();
    passes.push(caller.passesConclusions);
  });
  deepStrictEqual([passes.indexOf(true), passes.lastIndexOf(true)], [0, 99]); // 4000 ms
});

Deno.test("a caller that closes while the filter counts calls, and calls again at once, is closed", () => {
  const caller = new Caller();
  caller.rounds(38, () => caller.sends()); // 1520 ms: the filter counts calls
  caller.shutsDown();
  caller.rounds(2);
  caller.calls();
  caller.rounds(25);
  caller.calls();
  strictEqual(caller.rounds(60)?.sign, "closed");
});

Deno.test("a caller that closes while buffers of other sockets are full, and calls again, is closed", () => {
  const caller = new Caller();
  caller.rounds(20, () => caller.sends());
  caller.sends();
  caller.overflows(0, 50);
  caller.shutsDown();
  strictEqual(caller.rounds(75, caller.callsEvery(240, 800))?.sign, "closed");
});

Deno.test("a listener that was called never calls: what its filter drops is its SHUTDOWN, even when it is at rest", () => {
  let drops = 0;
  const filters: CallFilter[] = [];
  const monitor = new CallerMonitor({
    socket: { arrivalStamp: () => 1n, queue: () => ({ queuedBytes: 0, limitBytes: 400_000, drops }) },
    before: { drops, overflows: 0 },
    silenceMs: SILENCE_MS,
    neverCalls: true,
    setFilter: (filter) => filters.push(filter),
    overflows: () => 0,
  }, 0);
  const check = (nowMs: number) => monitor.check(nowMs, { idleMs: nowMs, hasPayload: true, roundTripMs: 20 });
  for (let nowMs = ROUND_MS; nowMs < SILENCE_MS; nowMs += ROUND_MS) strictEqual(check(nowMs), null);
  deepStrictEqual(filters.filter(({ induction }) => induction !== "hide"), []);
  drops += 1;
  strictEqual(check(SILENCE_MS - 1), "closed");
});
