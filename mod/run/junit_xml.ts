/**
 * The report of a run in the JUnit format that CI servers read: a test case for each session, each attempt that failed or was
 * handed over, and each expectation. `--wait` adds another test case, since a run without a caller has no session that could fail.
 *
 * @module
 */

import { XMLBuilder } from "fast-xml-parser";

import { isCleanEnd } from "../vocabulary/values.ts";
import type { CheckedExpectation, SessionEndEvent } from "../vocabulary/events.ts";
import { escapeText } from "../report/escape_text.ts";
import { formatBytes, formatCount, formatEndpoint, formatRate } from "../report/format.ts";
import { recoveredPackets } from "../report/loss_text.ts";
import { isCounted, type RunState, type SessionState } from "./run_state.ts";
import type { FinalReport } from "./summary_json.ts";

interface TestCase {
  readonly "@classname": string;
  readonly "@name": string;
  readonly "@time": string;
  readonly failure?: { readonly "@message": string; readonly "@type": string; readonly "#text": string };
  readonly "system-out"?: string;
}

/** Makes the XML text. */
export function junitXml(report: FinalReport): string {
  const suites = [
    ...(report.waited ? [suite("callers", [waitCase(report)])] : []),
    suite(
      "sessions",
      report.state.sessions.filter((session) => isCounted(session) || hasFailed(session)).map((session) =>
        sessionCase(session, report.state)
      ),
    ),
    suite("expectations", report.expectations.map(expectationCase)),
  ];
  const builder = new XMLBuilder({ ignoreAttributes: false, attributeNamePrefix: "@", format: true });
  return builder.build({
    "?xml": { "@version": "1.0", "@encoding": "UTF-8" },
    testsuites: {
      "@name": "srt-splitter",
      "@tests": sum(suites, "@tests"),
      "@failures": sum(suites, "@failures"),
      "@errors": "0",
      "@time": seconds(report.durationMs),
      "@timestamp": report.state.listening?.time ?? report.endTime,
      testsuite: suites,
    },
  });
}

function suite(name: string, cases: readonly TestCase[]) {
  const time = cases.reduce((total, testCase) => total + Number(testCase["@time"]), 0);
  return {
    "@name": name,
    "@tests": String(cases.length),
    "@failures": String(cases.filter(({ failure }) => failure !== undefined).length),
    "@errors": "0",
    "@skipped": "0",
    "@time": time.toFixed(3),
    testcase: cases,
  };
}

function sum(suites: readonly ReturnType<typeof suite>[], what: "@tests" | "@failures"): string {
  return String(suites.reduce((total, one) => total + Number(one[what]), 0));
}

function hasFailed({ end }: SessionState): boolean {
  return end === null || !isCleanEnd(end.reason);
}

function sessionCase(
  { start, adopted, end }: SessionState,
  { isHandedOver }: Pick<RunState, "isHandedOver">,
): TestCase {
  const name = xmlText(`${start.session} ${start.stream ?? "(no stream name)"} from ${formatEndpoint(start.caller)}`);
  const place = { "@classname": "srt-splitter.sessions", "@name": name };
  if (end === null && isHandedOver) {
    return { ...place, "@time": "0.000", "system-out": "handed over to another listener" };
  }
  if (end === null) {
    return { ...place, "@time": "0.000", failure: failure("unfinished", "the run ended before the session did") };
  }
  const result = { ...place, "@time": seconds(end.durationMs), "system-out": xmlText(facts(end, { adopted, start })) };
  return isCleanEnd(end.reason) ? result : { ...result, failure: failure(end.reason, end.text, end.advice) };
}

function facts(
  { text, bytes, bitsPerSecond, file, statistics }: SessionEndEvent,
  { adopted, start: { pulled } }: Pick<SessionState, "adopted" | "start">,
): string {
  const lines = [text, `${bytes} B (${formatBytes(bytes)}) at ${formatRate(bitsPerSecond)}`];
  if (statistics !== null) {
    lines.push(
      `recovered ${formatCount(recoveredPackets(statistics), "packet")}, missing ${statistics.pktRcvDropTotal}`,
    );
  }
  if (file !== null) lines.push(`file ${file}`);
  if (adopted) lines.push(`adopted from an earlier ${pulled ? "process" : "listener"}`);
  return lines.join("\n");
}

function expectationCase({ expectation, ok, seen }: CheckedExpectation): TestCase {
  const testCase = { "@classname": "srt-splitter.expectations", "@name": xmlText(expectation), "@time": "0.000" };
  return ok
    ? { ...testCase, "system-out": xmlText(`seen ${seen}`) }
    : { ...testCase, failure: failure("expectation", `expected ${expectation}, seen ${seen}`) };
}

function waitCase({ ending, durationMs }: FinalReport): TestCase {
  const testCase = { "@classname": "srt-splitter.callers", "@name": "a session begins in time (--wait)" };
  return ending?.failed
    ? { ...testCase, "@time": seconds(durationMs), failure: failure("no-caller", ending.text) }
    : { ...testCase, "@time": "0.000" };
}

function failure(type: string, text: string, advice = ""): NonNullable<TestCase["failure"]> {
  return {
    "@message": xmlText(text),
    "@type": type,
    "#text": xmlText(advice === "" ? text : `${text}\nhint: ${advice}`),
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}

/** Escapes unsafe characters, and replaces the others that XML 1.0 does not allow even as references. Line ends are kept. */
function xmlText(text: string): string {
  return text.split("\n").map(escapeText).join("\n").replaceAll(/[\ufffe\uffff]/g, "\ufffd");
}
