/** Tests of mod/web/telemetry.ts with a meter that calls the callback once. tests/system/telemetry_test.ts uses that of Deno. */
import { deepStrictEqual } from "node:assert/strict";
import type { BatchObservableCallback } from "@opentelemetry/api";
import { exportMetrics, type ExportOptions, openMeter } from "../../mod/web/telemetry.ts";
import { SNAPSHOT } from "./snapshot.ts";

/** Exports once. Returns how many values were observed, and the failures. */
async function exportOnce(snapshot: ExportOptions["snapshot"]): Promise<readonly [number, readonly string[]]> {
  const inert = openMeter("0.1.0"); // OTEL_DENO is not set
  const callbacks: BatchObservableCallback[] = [];
  const meter: Parameters<typeof exportMetrics>[0] = {
    createObservableCounter: inert.createObservableCounter.bind(inert),
    createObservableGauge: inert.createObservableGauge.bind(inert),
    addBatchObservableCallback: (callback) => callbacks.push(callback),
  };
  const failures: string[] = [];
  exportMetrics(meter, { snapshot, onFailure: (text) => failures.push(text) });
  let observed = 0;
  for (const callback of callbacks) await callback({ observe: () => observed += 1 });
  return [observed, failures];
}

Deno.test("exportMetrics exports the values that are known", async () => {
  const [observed, failures] = await exportOnce(() => Promise.resolve(SNAPSHOT));
  deepStrictEqual([observed > 20, failures], [true, []]);
});

Deno.test("exportMetrics exports nothing if the listener does not answer", async () => {
  deepStrictEqual(await exportOnce(() => Promise.resolve(null)), [0, []]);
});

Deno.test("exportMetrics reports that the state could not be read, and does not reject", async () => {
  const result = await exportOnce(() => Promise.reject(new Error("no descriptor is left")));
  deepStrictEqual(result, [0, ["cannot export metrics: no descriptor is left"]]);
});
