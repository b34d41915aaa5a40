/** Tests of mod/session/wait_for_turn.ts; each test chooses the orders, the packets and the time. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { ConnectionStatistics } from "../../mod/srt/statistics.ts";
import { keptPackets, waitForTurn } from "../../mod/session/wait_for_turn.ts";
import { STATISTICS } from "../report/events_of_a_run.ts";

/** What is new in a round: an order, packets in libsrt's buffer, the time. */
interface Round {
  readonly order?: "wait" | "record" | "stop" | "orphaned";
  readonly packets?: number;
  readonly nowMs?: number;
}

/** Waits through these rounds. Returns how many passed, and what was reported. */
async function waitThrough(rounds: readonly Round[], maxPackets: number = keptPackets({})) {
  const [stop, orphaned] = [new AbortController(), new AbortController()];
  const reported: string[] = [];
  let passed = 0;
  let isDelayed = false;
  let packets = 0;
  let nowMs = 0;
  await waitForTurn({
    get waitingPackets() {
      return packets;
    },
    statistics: (): ConnectionStatistics => ({ ...STATISTICS, pktRecvTotal: packets }),
  }, {
    emit: ({ event }) => reported.push(event),
    readOrders: () => {
      const round: Round = rounds[passed] ?? { order: "record" };
      const { order } = round;
      packets = round.packets ?? packets;
      nowMs = round.nowMs ?? nowMs;
      passed += 1;
      if (order === "wait") isDelayed = true;
      if (order === "record") isDelayed = false;
      if (order === "stop") stop.abort();
      if (order === "orphaned") orphaned.abort();
    },
    isDelayed: () => isDelayed,
    nextOrder: () => Promise.resolve(),
    stop: stop.signal,
    orphaned: orphaned.signal,
    now: () => nowMs,
    maxPackets,
  });
  return { passed, reported };
}

Deno.test("a recording that gets no order to wait begins at once", async () => {
  deepStrictEqual(await waitThrough([{}, {}]), { passed: 1, reported: [] });
});

Deno.test("a recording waits for its turn, and payload that arrives meanwhile is reported once", async () => {
  const rounds: readonly Round[] = [{ order: "wait" }, { packets: 1 }, { packets: 2 }, { packets: 3 }, {
    order: "record",
  }];
  deepStrictEqual(await waitThrough(rounds), { passed: 5, reported: ["payload"] });
});

Deno.test("a recording waits no longer once 2000 packets wait for it", async () => {
  strictEqual((await waitThrough([{ order: "wait" }, { packets: 1999 }, { packets: 2000 }, {}, {}])).passed, 3);
});

for (const options of [{ fc: 500 }, { rcvbuf: 600_000 }]) {
  Deno.test(`a recording does not wait if the operator has set the receive buffer: ${Object.keys(options)}`, async () => {
    strictEqual((await waitThrough([{ order: "wait" }, {}, {}], keptPackets(options))).passed, 1);
  });
}

for (
  const [order, when] of [["stop", "after the order to stop"], ["orphaned", "once the listener has ended"]] as const
) {
  Deno.test(`a recording waits no longer ${when}`, async () => {
    strictEqual((await waitThrough([{ order: "wait" }, { order }, {}, {}])).passed, 2);
  });
}

Deno.test("a recording waits for seven seconds at most", async () => {
  strictEqual((await waitThrough([{ order: "wait" }, { nowMs: 6999 }, { nowMs: 7000 }, {}, {}])).passed, 3);
});
