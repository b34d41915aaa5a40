/** Tests of mod/outcome/run_record.ts. */
import { deepStrictEqual } from "node:assert/strict";
import { RunRecord } from "../../mod/outcome/run_record.ts";
import { END, REFUSED, START } from "../report/events_of_a_run.ts";

/** A record of so many sessions one after the other, beside one that goes on. */
function recordOf(count: number, keepsAll: boolean): RunRecord {
  const record = new RunRecord({ keepsAll });
  record.take({ ...START, session: "first" });
  for (let index = 0; index < count; index += 1) {
    record.take({ ...START, session: `s${index}` });
    record.take({ ...END, session: `s${index}` });
  }
  return record;
}

Deno.test("RunRecord forgets the oldest sessions that have ended, and counts them", () => {
  const record = recordOf(1200, false);
  const [first, second] = record.sessions;
  deepStrictEqual([first?.start.session, second?.start.session, record.sessions.length, record.forgotten], [
    "first",
    "s201",
    1000,
    201,
  ]);
});

Deno.test("RunRecord forgets none where all are needed", () => {
  const record = recordOf(1200, true);
  deepStrictEqual([record.sessions.length, record.forgotten], [1201, 0]);
});

Deno.test("RunRecord.refused counts what was told, and what the totals had besides", () => {
  const record = new RunRecord();
  const totals = (refused: number) => ({
    event: "refusals" as const,
    time: REFUSED.time,
    refused,
    refusedByStop: 0,
    reasons: [],
  });
  const counts = [{ ...REFUSED, times: 1 }, totals(3), { ...REFUSED, times: 2 }, totals(7)].map((event) => {
    record.take(event);
    return record.refused;
  });
  deepStrictEqual(counts, [1, 3, 3, 7]);
});
