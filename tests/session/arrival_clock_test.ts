/** Tests of mod/session/arrival_clock.ts. */
import assert from "node:assert/strict";
import { ArrivalClock, type ArrivalClockOptions } from "../../mod/session/arrival_clock.ts";

/** How far libsrt's clock is ahead of the session's clock, in us. */
const AHEAD_US = 5_000_000_000;

/**
 * The clock of a session with a latency of 120 ms, 40 ms after libsrt began its connection. The wall clock equals the monotonic
 * one.
 */
function clockOf(
  { dueMs = 0, sentAcks = 0, concludedMs = 960, tracesDrift = true }: {
    readonly dueMs?: number;
    readonly sentAcks?: number;
    readonly concludedMs?: number;
    readonly tracesDrift?: boolean;
  },
) {
  const connection: ArrivalClockOptions["connection"] = {
    packetDueUs: AHEAD_US + dueMs * 1000,
    clockUs: () => AHEAD_US + 1_000_000,
    latencyMs: 120,
    statistics: () => null,
    ageMs: 40,
    sentAcks,
  };
  return new ArrivalClock({ connection, concludedMs, tracesDrift, now: () => 1000, wall: () => 1000 });
}

Deno.test("ArrivalClock returns a time one latency before the message was due", () => {
  assert.equal(clockOf({ dueMs: 1200 }).lastMessageMs(), 1080);
});

Deno.test("ArrivalClock subtracts the time for which the CONCLUSION waited, as long as libsrt does not subtract it", () => {
  const early = { dueMs: 1200, concludedMs: 900 };
  assert.equal(clockOf(early).lastMessageMs(), 1020);
  assert.equal(clockOf({ ...early, sentAcks: 1000 }).lastMessageMs(), 1080);
  assert.equal(clockOf({ ...early, sentAcks: 1000, tracesDrift: false }).lastMessageMs(), 1020);
});

for (const [what, concludedMs] of [["forward", -60_000], ["back", 5000]] as const) {
  Deno.test(`ArrivalClock does not mistake a step of the wall clock ${what} for a wait of the CONCLUSION`, () => {
    assert.equal(clockOf({ dueMs: 1200, concludedMs }).lastMessageMs(), 1080);
  });
}

Deno.test("ArrivalClock returns the time at which a message was received if libsrt has no time for it", () => {
  assert.equal(clockOf({ dueMs: -AHEAD_US / 1000 }).lastMessageMs(), 1000); // 0, as without TSBPD
});
