/** `GET /metrics`, scraped by a real Prometheus, with the rules of monitoring/. */

import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { makePayload } from "../support/payload.ts";
import { needing } from "../support/needs.ts";
import { PROMETHEUS, Prometheus, PROMTOOL, promtool } from "../support/prometheus.ts";
import { Splitter } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { until, Web } from "../support/web.ts";

const RULES = fileURLToPath(new URL("../../monitoring/alerts.yml", import.meta.url));
const RULES_TEST = fileURLToPath(new URL("../../monitoring/alerts_test.yml", import.meta.url));
const NAME = 'cam"1\\<b>';

Deno.test({
  ...needing([PROMETHEUS], "Prometheus scrapes a listener with a token, and the rules alert when a session fails"),
  async fn() {
    using folder = new TemporaryFolder();
    const token = folder.file("token");
    Deno.writeTextFileSync(token, "0123456789abcdef");
    const args = ["127.0.0.1:0", "--out", folder.path, "--stats", "200ms"];
    await using splitter = await Splitter.listen(args);
    await using web = await Web.start(splitter, ["--web-token-file", token]);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: NAME });
    await caller.send(makePayload(100));
    await splitter.event("stats", ({ bytes }) => bytes === 131_600);
    await using prometheus = await Prometheus.start({ target: new URL(web.url).host, tokenFile: token, rules: RULES });
    const query = async (text: string) => (await prometheus.get(`query?query=${text}`))?.result[0];
    await until("a scrape", async () => (await query("srt_splitter_received_bytes_total"))?.value[1] === "131600");
    const { metric } = await query("srt_splitter_received_bytes_total");
    assert.deepStrictEqual([metric.stream, metric.session, metric.address], [NAME, "s1", "127.0.0.1"]);
    assert.strictEqual((await query("srt_splitter_sessions")).value[1], "1");
    assert.strictEqual((await query("up")).value[1], "1");
    Deno.kill((await splitter.event("session-start")).pid, "SIGKILL");
    const firing: string[] = [];
    await until("an alert", async () => {
      const alerts: readonly { readonly state: string; readonly labels: Readonly<Record<string, string>> }[] =
        (await prometheus.get("alerts"))?.alerts ?? [];
      firing.push(...alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname ?? ""));
      return firing.length > 0;
    });
    assert.deepStrictEqual(firing, ["SrtSplitterSessionFailed"]);
  },
});

Deno.test({
  ...needing([PROMTOOL], "promtool accepts the metrics of a listener with a session"),
  async fn() {
    await using splitter = await Splitter.listen(["127.0.0.1:0", "--stats", "200ms"]);
    await using web = await Web.start(splitter);
    await using caller = await SrtCaller.connect({ port: splitter.port, streamId: NAME });
    await caller.send(makePayload(10));
    await splitter.event("stats", ({ bytes }) => bytes > 0);
    const text = await (await web.fetch("/metrics")).text();
    assert.deepStrictEqual(await promtool(["check", "metrics"], text), { success: true, output: "" });
  },
});

Deno.test({
  ...needing([PROMTOOL], "promtool accepts the alert rules, and their tests pass"),
  async fn() {
    for (const args of [["check", "rules", RULES], ["test", "rules", RULES_TEST]]) {
      const { success, output } = await promtool(args);
      assert.ok(success, output);
    }
  },
});
