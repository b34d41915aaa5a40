/** The metrics by OpenTelemetry: a real listener and its web process, with a receiver in this process. */

import assert from "node:assert/strict";
import { METRICS } from "../../mod/web/metrics.ts";
import { connectProven } from "../support/call.ts";
import { type Exported, OtlpReceiver } from "../support/otlp_receiver.ts";
import { descendantsOf, processFile } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { CallerRefusedError, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { Web } from "../support/web.ts";

const ARGS = ["127.0.0.1:0", "--web", "127.0.0.1:0", "--stats", "200ms"];
/** Payload of {@linkcode connectProven}. */
const PAYLOAD_BYTES = 13_160;

function valueIn(exported: readonly Exported[], metric: string): number | undefined {
  return exported.find(({ name }) => name === metric)?.value;
}

Deno.test({
  name: "with OTEL_DENO, listen --web exports the metrics, with the types, units and labels of /metrics",
  ignore: EXECUTABLE !== null,
  async fn() {
    using folder = new TemporaryFolder();
    await using receiver = new OtlpReceiver();
    const args = [...ARGS, "--out", folder.path, "--expect-streams", "cam2", "--deny", "cam3"];
    await using splitter = await Splitter.listen(args, { env: receiver.environment });
    await using caller = await connectProven(splitter, "cam1");
    await assert.rejects(SrtCaller.connect({ port: splitter.port, streamId: "cam3" }), CallerRefusedError);
    const exported = await receiver.next("all values", (all) => {
      return valueIn(all, "srt_splitter_received_bytes_total") === PAYLOAD_BYTES &&
        valueIn(all, "srt_splitter_refused_total") === 1 && valueIn(all, "srt_splitter_disk_size_bytes") !== undefined;
    });
    const find = (metric: string) => exported.find(({ name }) => name === metric);
    const session = { session: "s1", stream: "cam1", address: "127.0.0.1" };
    assert.deepStrictEqual(find("srt_splitter_received_bytes_total"), {
      name: "srt_splitter_received_bytes_total",
      unit: "By",
      description: "Payload bytes received.",
      type: "counter",
      labels: session,
      value: PAYLOAD_BYTES,
    });
    const { value, ...latency } = find("srt_splitter_latency_seconds") ?? {};
    assert.deepStrictEqual(latency, {
      name: "srt_splitter_latency_seconds",
      unit: "s",
      description: "Negotiated receiver latency.",
      type: "gauge",
      labels: session,
    });
    assert.strictEqual(value, (await splitter.event("session-start")).latencyMs / 1000);
    assert.deepStrictEqual([find("srt_splitter_sessions")?.unit, find("srt_splitter_sessions")?.value], ["", 1]);
    assert.deepStrictEqual(find("srt_splitter_expected_stream_absent")?.labels, { stream: "cam2" });
    assert.deepStrictEqual(find("srt_splitter_refused_total")?.labels, { reason: "1403", name: "SRT_REJX_FORBIDDEN" });
    for (const { name, type, help } of METRICS) {
      const { type: exportedType = type, description = help } = find(name) ?? {}; // not every value is known
      assert.deepStrictEqual([name, exportedType, description], [name, type, help]);
    }
    caller.close();
    await receiver.next("the end of the session", (all) => valueIn(all, "srt_splitter_ended_sessions_total") === 1);
    await receiver.next("no value of the session", (all) => all.every(({ labels }) => labels.session !== "s1"));
  },
});

Deno.test("only the web process of a listener gets the variables of OpenTelemetry", async () => {
  const env = { OTEL_DENO: "false", OTEL_EXPORTER_OTLP_HEADERS: "api-key=hush-hush" };
  await using splitter = await Splitter.listen([...ARGS, "--webhook", "http://127.0.0.1:1/"], { env });
  await using _caller = await connectProven(splitter, "cam1");
  const withKey = descendantsOf(splitter.pid).filter((pid) => processFile(pid, "environ").includes("hush-hush"));
  const commands = withKey.map((pid) => processFile(pid, "cmdline").split("\0"));
  const expected = EXECUTABLE === null ? [true] : []; // the executable does not export
  assert.deepStrictEqual(commands.map((command) => command.includes("web")), expected);
});

Deno.test({
  name: "the executable warns that it cannot export by OpenTelemetry",
  ignore: EXECUTABLE === null,
  async fn() {
    const env = { OTEL_DENO: "true" };
    const warning = /^warning: the executable cannot export by OpenTelemetry$/;
    await using splitter = await Splitter.listen(ARGS, { env });
    await splitter.errorLine(warning);
    using folder = new TemporaryFolder();
    await using record = await Splitter.record(["srt://127.0.0.1:1", "--out", folder.path, "--web", ARGS[0] ?? ""], {
      env,
    });
    await record.errorLine(warning);
    await using web = await Web.start(splitter, [], { env });
    await web.errorLine(warning);
  },
});
