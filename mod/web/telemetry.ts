/**
 * Exports the metrics by OpenTelemetry, with the exporter of Deno. Names, values and labels are those of `/metrics`.
 *
 * @module
 */

import { type Meter, metrics, type Observable } from "@opentelemetry/api";
import { messageOf } from "../report/problem.ts";
import type { ListenerSnapshot } from "./listener_client.ts";
import { type Metric, METRICS } from "./metrics.ts";

/** Units (UCUM) by the end of a name, which `_total` may follow. */
const UNITS: readonly (readonly [end: RegExp, unit: string])[] = [
  [/_seconds(?:_total)?$/, "s"],
  [/_bytes(?:_total)?$/, "By"],
];

/** What the export needs. */
export interface ExportOptions {
  /** Returns the state of the listener, or null if it does not answer. */
  readonly snapshot: () => Promise<ListenerSnapshot | null>;
  /** Reports that one export has no values. */
  readonly onFailure: (text: string) => void;
}

/** Returns the meter of this program; `version`: of srt-splitter. It exports if `OTEL_DENO` is set. */
export function openMeter(version: string): Meter {
  return metrics.getMeter("srt-splitter", version);
}

/** Exports every metric from now on, at the interval `OTEL_METRIC_EXPORT_INTERVAL`, if the listener answers. */
export function exportMetrics(
  meter: Pick<Meter, "addBatchObservableCallback" | "createObservableCounter" | "createObservableGauge">,
  { snapshot, onFailure }: ExportOptions,
): void {
  const instruments = METRICS.map((metric) => [instrumentFor(metric, meter), metric.samples] as const);
  meter.addBatchObservableCallback(async (result) => {
    const state = await snapshot().catch((error) => { // if this function rejected, Deno would end the process
      onFailure(`cannot export metrics: ${messageOf(error)}`);
      return null;
    });
    if (state === null) return;
    for (const [instrument, samples] of instruments) {
      for (const [labels, value] of samples(state)) if (value !== null) result.observe(instrument, value, labels);
    }
  }, instruments.map(([instrument]) => instrument));
}

/** A metric without a unit gets an empty one: if the unit were `1`, a collector for Prometheus would add `_ratio` to the name. */
function instrumentFor(
  { name, type, help: description }: Metric,
  meter: Pick<Meter, "createObservableCounter" | "createObservableGauge">,
): Observable {
  const unit = UNITS.find(([end]) => end.test(name))?.[1] ?? "";
  return type === "counter"
    ? meter.createObservableCounter(name, { unit, description })
    : meter.createObservableGauge(name, { unit, description });
}
