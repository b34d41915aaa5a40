import { deepStrictEqual, match } from "node:assert/strict";
import { METRICS, metricsText } from "../../mod/web/metrics.ts";
import { needing } from "../support/needs.ts";
import { PROMTOOL, promtool } from "../support/prometheus.ts";
import { DISK, START, STATS } from "../report/events_of_a_run.ts";
import { SNAPSHOT } from "./snapshot.ts";

const NAMES = METRICS.map(({ name }) => name);

/** Returns the lines of a metric without its comments. */
function linesOf(name: string, snapshot = SNAPSHOT): readonly string[] {
  return metricsText(snapshot).split("\n").filter((line) => new RegExp(`^srt_splitter_${name}[{ ]`).test(line));
}

for (
  const [name, expected] of [
    ["sessions", ["srt_splitter_sessions 1"]],
    ["ended_sessions_total", ["srt_splitter_ended_sessions_total 2"]],
    ["failed_sessions_total", ["srt_splitter_failed_sessions_total 1"]],
    ["lost_sessions", ["srt_splitter_lost_sessions 1"]],
    ["run_received_bytes_total", ["srt_splitter_run_received_bytes_total 9"]],
    ["refused_total", [
      'srt_splitter_refused_total{reason="1403",name="SRT_REJX_FORBIDDEN"} 4',
      'srt_splitter_refused_total{reason="none",name=""} 1',
    ]],
    ["disk_free_bytes", [`srt_splitter_disk_free_bytes{folder="${DISK.folder}"} ${DISK.freeBytes}`]],
    ["expected_stream_absent", ['srt_splitter_expected_stream_absent{stream="a\\\\b\\"c\\nd"} 1']],
    ["pull_unconnected", [
      'srt_splitter_pull_unconnected{stream="cam8",listener="srt://192.0.2.9:9000",reason="16"} 1',
      'srt_splitter_pull_unconnected{stream="cam9",listener="srt://192.0.2.9:9001",reason="none"} 1',
    ]],
    ["pull_next_call_seconds", [
      'srt_splitter_pull_next_call_seconds{stream="cam8",listener="srt://192.0.2.9:9000"} 12.5',
      'srt_splitter_pull_next_call_seconds{stream="cam9",listener="srt://192.0.2.9:9001"} 0',
    ]],
    ["received_bytes_total", [
      `srt_splitter_received_bytes_total{session="s1",stream="cam1",address="${START.caller.address}"} ${STATS.bytes}`,
    ]],
    ["rtt_seconds", [
      `srt_splitter_rtt_seconds{session="s1",stream="cam1",address="${START.caller.address}"} ${
        STATS.statistics.msRTT / 1000
      }`,
    ]],
    ["session_duration_seconds", [
      `srt_splitter_session_duration_seconds{session="s1",stream="cam1",address="${START.caller.address}"} 1.5`,
      `srt_splitter_session_duration_seconds{session="s2",stream="",address="${START.caller.address}"} 0.001`,
    ]],
  ] as const
) {
  Deno.test(`metricsText returns ${name}`, () => deepStrictEqual(linesOf(name), expected));
}

Deno.test("metricsText leaves out ts_errors_total of sessions without a TS analysis", () => {
  deepStrictEqual(linesOf("ts_errors_total"), []);
});

Deno.test("metricsText leaves out the disk if it is not known", () => {
  const state = { ...SNAPSHOT.state, disk: null };
  deepStrictEqual(linesOf("disk_free_bytes", { ...SNAPSHOT, state }), []);
});

Deno.test("metricsText describes each metric once", () => {
  const described = Array.from(
    metricsText(SNAPSHOT).matchAll(/^# TYPE (\w+) (?:counter|gauge)$/gm),
    ([, name]) => name,
  );
  deepStrictEqual(described, NAMES);
  deepStrictEqual(new Set(described).size, described.length);
});

Deno.test({
  ...needing([PROMTOOL], "promtool accepts the text of metricsText"),
  async fn() {
    deepStrictEqual(await promtool(["check", "metrics"], metricsText(SNAPSHOT)), { success: true, output: "" });
  },
});

Deno.test("the dashboard and the alert rules use only metrics that exist", () => {
  for (const file of ["grafana-dashboard.json", "alerts.yml", "alerts_test.yml"]) {
    const text = Deno.readTextFileSync(new URL(`../../monitoring/${file}`, import.meta.url));
    const used = Array.from(text.matchAll(/srt_splitter_\w+/g), ([name]) => name);
    deepStrictEqual(used.filter((name) => !NAMES.includes(name)), [], file);
  }
});

Deno.test({
  ...needing([PROMTOOL], "promtool accepts the queries of the dashboard"),
  async fn() {
    const file = new URL("../../monitoring/grafana-dashboard.json", import.meta.url);
    const { panels }: { readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[] } = JSON
      .parse(
        Deno.readTextFileSync(file),
      );
    const rules = panels.flatMap(({ targets }) => targets).map(({ expr }, index) => {
      return {
        record: `query:${index}`,
        expr: expr.replaceAll("$__rate_interval", "1m").replaceAll("$instance", ".*"),
      };
    });
    const path = Deno.makeTempFileSync();
    try {
      Deno.writeTextFileSync(path, JSON.stringify({ groups: [{ name: "dashboard", rules }] }));
      const { output } = await promtool(["check", "rules", path]);
      match(output, new RegExp(`SUCCESS: ${rules.length} rules found`));
    } finally {
      Deno.removeSync(path);
    }
  },
});
