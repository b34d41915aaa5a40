/**
 * Exports the metrics by OpenTelemetry, with the exporter of Deno. Names, values and labels are those of `/metrics`.
 *
 * @module
 */

import { type Meter, metrics, type Observable } from "@opentelemetry/api";
import type { ListenerSnapshot } from "./listener_client.ts";
import { type Metric, METRICS } from "./metrics.ts";

/** Units (UCUM) by the end of a name, which `_total` may follow. */
const UNITS: readonly (readonly [end: RegExp, unit: string])[] = [
  [/_seconds(?:_total)?$/, "s"],
  [/_bytes(?:_total)?$/, "By"],
];

/**
 * Exports every metric from now on, at the interval `OTEL_METRIC_EXPORT_INTERVAL`. While the listener does not answer, nothing
 * is exported.
 *
 * @param snapshot Returns the state of the listener, or null if it does not answer
 */
export function exportMetrics(
  snapshot: () => Promise<ListenerSnapshot | null>,
  { version }: { readonly version: string },
): void {
  const meter = metrics.getMeter("srt-splitter", version);
  const instruments = METRICS.map((metric) => [instrumentFor(metric, meter), metric.samples] as const);
  meter.addBatchObservableCallback(async (result) => {
    const state = await snapshot();
    if (state === null) return;
    for (const [instrument, samples] of instruments) {
      for (const [labels, value] of samples(state)) if (value !== null) result.observe(instrument, value, labels);
    }
  }, instruments.map(([instrument]) => instrument));
}

/** Numbers without a unit have none here either: for `1`, a collector that writes to Prometheus would add `_ratio` to the name. */
function instrumentFor({ name, type, help: description }: Metric, meter: Meter): Observable {
  const unit = UNITS.find(([end]) => end.test(name))?.[1] ?? "";
  return type === "counter"
    ? meter.createObservableCounter(name, { unit, description })
    : meter.createObservableGauge(name, { unit, description });
}
