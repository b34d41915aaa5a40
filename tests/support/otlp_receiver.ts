/**
 * A receiver of OpenTelemetry metrics (OTLP, HTTP with JSON), held by `await using`.
 *
 * @module
 */

import { DEADLINE_MS } from "./deadline.ts";

/** The scope of the metrics of the program; the runtime has others. */
const SCOPE = "srt-splitter";

/** A value that was exported. */
export interface Exported {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  /** A monotonic sum with cumulative values, or a gauge. */
  readonly type: "counter" | "gauge";
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The parts of an export request that are read here. */
interface ExportRequest {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string };
      readonly metrics: readonly OtlpMetric[];
    }[];
  }[];
}

interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly description: string;
  readonly gauge?: { readonly dataPoints: readonly DataPoint[] };
  readonly sum?: {
    readonly dataPoints: readonly DataPoint[];
    readonly isMonotonic: boolean;
    /** 2: cumulative. */
    readonly aggregationTemporality: number;
  };
}

interface DataPoint {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
  readonly asDouble?: number;
  readonly asInt?: number | string;
}

/** A receiver. */
export class OtlpReceiver implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #exports: (readonly Exported[])[] = [];
  #received = Promise.withResolvers<void>();

  constructor() {
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
      const exported = URL.parse(request.url)?.pathname === "/v1/metrics" ? exportedIn(await request.json()) : [];
      if (exported.length > 0) this.#exports.push(exported);
      this.#received.resolve();
      this.#received = Promise.withResolvers();
      return Response.json({});
    });
  }

  /** The variables that make Deno export to this receiver ten times a second. */
  get environment(): Readonly<Record<string, string>> {
    return {
      OTEL_DENO: "true",
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.#server.addr.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: "http/json",
      OTEL_METRIC_EXPORT_INTERVAL: "100",
    };
  }

  /** Waits for an export that fits, from now on. Returns its values. */
  async next(what: string, fits: (exported: readonly Exported[]) => boolean): Promise<readonly Exported[]> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const late = new Promise<never>((_resolve, reject) => {
      signal.onabort = () =>
        reject(new Error(`cannot wait longer for ${what}: ${JSON.stringify(this.#exports.at(-1))}`));
    });
    for (let seen = this.#exports.length;; seen = this.#exports.length) {
      await Promise.race([this.#received.promise, late]);
      const found = this.#exports.slice(seen).find(fits);
      if (found !== undefined) return found;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

function exportedIn({ resourceMetrics }: ExportRequest): readonly Exported[] {
  const scopes = resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics);
  const metrics = scopes.filter(({ scope }) => scope.name === SCOPE).flatMap((scope) => scope.metrics);
  return metrics.flatMap(({ name, unit, description, gauge, sum }) => {
    const isCounter = sum?.isMonotonic === true && sum.aggregationTemporality === 2;
    const points = (isCounter ? sum : gauge)?.dataPoints ?? [];
    return points.map(({ attributes, asDouble, asInt }): Exported => ({
      ...{ name, unit, description, type: isCounter ? "counter" : "gauge" },
      labels: Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
      value: Number(asDouble ?? asInt),
    }));
  });
}
