/**
 * The latency of `--latency` and of `latency=` in an srt:// address.
 *
 * @module
 */

import { parseDuration } from "./parse_duration.ts";
import { UsageError } from "./usage_error.ts";

/** Most that a handshake can carry: the HSREQ block has 16 bits for it (draft-sharabayko-srt 3.2.1.1.1). */
const MAX_LATENCY_MS = 65_535;

/** A bare number above this was probably meant as ffmpeg's microseconds. Our choice, out of what ffmpeg users type. */
const SUSPICIOUS_MS = 60_000;

/** A latency, and what the operator should know of it. */
export interface Latency {
  /** Whole ms, 0..65535. */
  readonly latencyMs: number;
  /** One sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Reads a latency: a bare number is ms (as in libsrt's own tools), `200ms` and `2s` say their unit.
 *
 * @throws {UsageError} Where `text` is no duration
 */
export function parseLatency(text: string): Latency {
  const duration = parseDuration(text);
  if (duration === null) {
    throw new UsageError(`cannot read the latency ${JSON.stringify(text)}`, {
      hint: "Write 200ms, 2s, or a bare number of milliseconds.",
    });
  }
  const asked = duration.ms ?? Math.round(duration.value);
  const latencyMs = Math.min(asked, MAX_LATENCY_MS);
  const warnings: string[] = [];
  if (duration.ms === null && asked > SUSPICIOUS_MS) {
    const meant = Math.round(asked / 1000);
    warnings.push(
      `a bare latency is in milliseconds: ${text} means ${asked / 1000} s; if microseconds were meant, as ffmpeg ` +
        `counts, write ${meant}ms`,
    );
  }
  if (asked > MAX_LATENCY_MS) {
    warnings.push(`SRT cannot carry a latency of ${asked} ms; ${MAX_LATENCY_MS} ms, the most there is, is used`);
  }
  return { latencyMs, warnings };
}
