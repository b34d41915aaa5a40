/**
 * The variables of OpenTelemetry, and the warning that the executable cannot export.
 *
 * @module
 */

import type { Libc } from "../mod/os/libc.ts";
import { ownVariables } from "../mod/os/own_process.ts";

/**
 * Returns the variables for the web process, such as `OTEL_DENO`. They can contain secrets. The executable has no use for them.
 */
export function telemetryVariables(libc: Libc): Readonly<Record<string, string>> {
  return Deno.build.standalone ? {} : ownVariables(libc, /^OTEL_/);
}

/** Warns if an export is requested from the executable. Whether an executable can export is fixed when Deno builds it. */
export function warnOfTelemetry(libc: Libc, warn: (text: string) => void): void {
  if (!Deno.build.standalone) return;
  const { OTEL_DENO, OTEL_DENO_METRICS } = ownVariables(libc, /^OTEL_DENO/);
  if (![OTEL_DENO, OTEL_DENO_METRICS].some((value) => /^(?:1|true)$/i.test(value ?? ""))) return;
  warn("the executable cannot export by OpenTelemetry\nlet a collector scrape /metrics, or run from source");
}
