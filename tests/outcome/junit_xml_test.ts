import assert from "node:assert/strict";

import { junitXml } from "../../mod/outcome/junit_xml.ts";
import { RunRecord } from "../../mod/outcome/run_record.ts";
import { END, START, STATISTICS } from "../report/events_of_a_run.ts";

Deno.test("junitXml counts one lost packet as one", () => {
  const record = new RunRecord();
  record.take(START);
  record.take({ ...END, statistics: { ...STATISTICS, pktRcvLossTotal: 1, pktRcvDropTotal: 0 } });
  const report = {
    record,
    expectations: [],
    ending: null,
    waited: false,
    durationMs: 1,
    exitCode: 0,
    endTime: END.time,
  };
  assert.match(junitXml(report), /lost 1 packet, dropped 0/);
});
