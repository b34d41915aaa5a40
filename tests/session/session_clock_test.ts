/** Tests of mod/session/session_clock.ts; the clocks are numbers that the test sets. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { ClockSteps } from "../../mod/session/session_clock.ts";

/** Clocks of a machine, which can stall for a while each time that the wall clock is read. */
class Machine {
  nowMs = 5000;
  /** How far the wall clock is ahead. */
  aheadMs = 1_700_000_000_000;
  stallMs = 0;
  readonly clocks = {
    wall: () => {
      const wallMs = this.nowMs + this.aheadMs;
      this.nowMs += this.stallMs;
      return wallMs;
    },
    monotonic: () => this.nowMs,
  };
}

Deno.test("ClockSteps.compare returns each step of the wall clock once, with its time since the start", () => {
  const machine = new Machine();
  const clock = new ClockSteps(machine.nowMs, machine.clocks);
  machine.nowMs += 1000;
  const before = clock.compare();
  machine.aheadMs += 3_600_000;
  const steps = [clock.compare(), clock.compare()];
  machine.nowMs += 1000;
  machine.aheadMs -= 700;
  deepStrictEqual([before, steps, clock.compare()], [
    null,
    [{ timeMs: 1000, stepMs: 3_600_000 }, null],
    { timeMs: 2000, stepMs: -700 },
  ]);
  deepStrictEqual(clock.steps.map(({ stepMs }) => stepMs), [3_600_000, -700]);
});

Deno.test("ClockSteps.compare ignores what NTP changes gradually", () => {
  const machine = new Machine();
  const clock = new ClockSteps(machine.nowMs, machine.clocks);
  machine.aheadMs += 499;
  strictEqual(clock.compare(), null);
});

Deno.test("ClockSteps.compare finds no step if the machine stalls between the readings of the clocks, and finds a step after that", () => {
  const machine = new Machine();
  machine.stallMs = 800;
  const clock = new ClockSteps(machine.nowMs, machine.clocks);
  const stalled = [clock.compare(), clock.compare()];
  machine.stallMs = 0;
  const running = clock.compare();
  machine.aheadMs += 60_000;
  deepStrictEqual([stalled, running, clock.compare()?.stepMs], [[null, null], null, 60_000]);
});
