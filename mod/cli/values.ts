/**
 * Reads the values of options: times, amounts, counts, keywords and paths.
 *
 * @module
 */

import { absolutePath, folderOf } from "../os/path.ts";
import { type Place, ValueError } from "./usage_error.ts";

/** The longest latency. Our choice: libsrt's largest buffer can hold it at 200 Mbit/s, in datagrams of 1316 bytes. */
export const MAX_LATENCY_MS = 60_000;

/** The longest time of an option that a timer measures. Our choice; a timer can count to 2^31 ms. */
const MAX_TIMER_MS = 24 * 3_600_000;

/** The longest time of `--rejoin`. Our choice: less than 1 min, after which a recording can be deleted. */
const MAX_REJOIN_MS = 50_000;

const MS_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["min", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);

/** A duration, read from a text. */
export interface Duration {
  /** In the unit that was given, or the bare number. 0 or more. */
  readonly value: number;
  /** In ms, 0 or more; null for a bare number, whose unit the option decides. */
  readonly ms: number | null;
}

/** Reads a number of 0 or more, bare or with the unit ms, s, min (or m), h or d; null if the text is anything else. */
export function parseDuration(text: string): Duration | null {
  const [, digits, unit = ""] = /^(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) return null;
  const value = Number(digits);
  if (unit === "") return { value, ms: null };
  const factor = MS_PER_UNIT.get(unit.toLowerCase());
  return factor === undefined ? null : { value, ms: value * factor };
}

/** What an option that takes a time accepts. */
interface TimeRange {
  readonly minMs: number;
  readonly maxMs: number;
  readonly hint: string;
}

/** Reads a time with its unit, in whole ms. @throws {ValueError} */
function parseTimeIn(text: string, { minMs, maxMs, hint }: TimeRange): number {
  const duration = parseDuration(text);
  if (duration === null) throw new ValueError("it is not a time", { hint });
  if (duration.ms === null) throw new ValueError("it needs a unit", { hint });
  const ms = Math.round(duration.ms);
  if (ms < minMs) throw new ValueError("it is too short", { hint });
  if (ms > maxMs) throw new ValueError("it is too long", { hint });
  return ms;
}

/** Reads a time with its unit: more than 0, in whole ms. @throws {ValueError} */
export function parseTime(text: string): number {
  return parseTimeIn(text, { minMs: 1, maxMs: Infinity, hint: "write 30s, 500ms, 5min or 2h, or leave it out" });
}

/** Reads how long a session may receive nothing: 1 s to 24 h in ms, 0 for no limit. @throws {ValueError} */
export function parseIdle(text: string): number {
  if (parseDuration(text)?.value === 0) return 0;
  // an encoder needs some time to send its first picture after it has connected
  return parseTimeIn(text, {
    minMs: 1000,
    maxMs: MAX_TIMER_MS,
    hint: "write 30s or 5min (1s to 24h), or 0 for no limit",
  });
}

/** Reads how long a recording can be continued: up to 50 s in ms. @throws {ValueError} */
export function parseRejoin(text: string): number {
  // a recording can be deleted a minute after its end (retention/plan.ts), which must not happen to one that is continued
  return parseTimeIn(text, { minMs: 1, maxMs: MAX_REJOIN_MS, hint: "write 30s or 10s, at most 50s" });
}

/** Reads how long a command may run: 1 s to 24 h in ms. @throws {ValueError} */
export function parseHookTimeout(text: string): number {
  return parseTimeIn(text, { minMs: 1000, maxMs: MAX_TIMER_MS, hint: "write 30s, 5min or 1h (1s to 24h)" });
}

/** Reads an interval of statistics: 100 ms to 24 h in ms, 0 for none. @throws {ValueError} */
export function parseStatsInterval(text: string): number {
  if (parseDuration(text)?.value === 0) return 0;
  // rates are measured over the interval, and are not useful over a shorter one
  return parseTimeIn(text, {
    minMs: 100,
    maxMs: MAX_TIMER_MS,
    hint: "write 5s, 500ms or 1min (100ms to 24h), or 0 for none",
  });
}

/**
 * Reads a latency in whole ms, 0 to {@linkcode MAX_LATENCY_MS}. A bare number is in ms, as in libsrt's own tools; ffmpeg reads it
 * as microseconds.
 *
 * @throws {ValueError}
 */
export function parseLatency(text: string): number {
  const duration = parseDuration(text);
  if (duration === null) {
    throw new ValueError("it is not a time", { hint: "write 200ms, 2s, or a bare number of milliseconds" });
  }
  const ms = duration.ms ?? duration.value;
  if (!Number.isInteger(ms)) {
    const what = duration.ms === null ? "a bare number is in milliseconds, and SRT" : "SRT";
    throw new ValueError(`${what} carries whole milliseconds only`, {
      hint: duration.ms === null ? `write ${text}s for seconds, or a whole number` : `write ${Math.ceil(ms)}ms`,
    });
  }
  if (ms <= MAX_LATENCY_MS) return ms;
  const isBare = duration.ms === null;
  throw new ValueError(
    `the limit is ${MAX_LATENCY_MS} ms, which libsrt can buffer at 200 Mbit/s${
      isBare ? " (a bare number is in ms)" : ""
    }`,
    {
      hint: isBare
        ? `if microseconds were meant, as in ffmpeg, write ${Math.round(ms / 1000)}ms`
        : `write ${MAX_LATENCY_MS / 1000}s or less`,
    },
  );
}

const FACTORS: Readonly<Record<"bytes" | "rate", Readonly<Record<string, number>>>> = {
  bytes: { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 },
  rate: { bps: 1, kbps: 1e3, mbps: 1e6, gbps: 1e9, "bit/s": 1, "kbit/s": 1e3, "mbit/s": 1e6, "gbit/s": 1e9 },
};

/**
 * Reads an amount of 0 or more; null if the text is not an amount.
 *
 * @param unit `bytes`: in bytes, with or without a unit; `rate`: in bit/s, always with a unit
 */
export function parseAmount(text: string, unit: "bytes" | "rate"): number | null {
  const [, digits, suffix = ""] = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-z/]*)$/i.exec(text) ?? [];
  const factors = FACTORS[unit];
  const name = suffix.toLowerCase();
  return digits === undefined || !Object.hasOwn(factors, name) ? null : Number(digits) * (factors[name] ?? 0);
}

/** Reads a rate in bit/s, 1 kbit/s to 10 Gbit/s: no stream is slower, and no libsrt is faster. @throws {ValueError} */
export function parseRate(text: string): number {
  const rate = parseAmount(text, "rate");
  if (rate !== null && rate >= 1e3 && rate <= 1e10) return rate;
  const problem = rate === null ? "it is not a rate with its unit" : "the range is 1kbps to 10Gbps";
  throw new ValueError(problem, { hint: "write 8Mbps, 500kbps or 2.5Mbit/s" });
}

/** Shortest time of `--segment`. Our choice: the names of files contain the second in which each file begins. */
const MIN_SEGMENT_MS = 1000;
/** Smallest size of recordings or of free space that can be set. Our choice: 100 ms at 80 Mbit/s. */
const MIN_RECORDED_BYTES = 1_000_000;

/** Reads the length of a file, 1 s or more, in ms. @throws {ValueError} */
export function parseSegmentTime(text: string): number {
  return parseTimeIn(text, { minMs: MIN_SEGMENT_MS, maxMs: Infinity, hint: "write 10min, 1h or 30s" });
}

/** Reads a size of recordings or of free space, 1 MB or more, in bytes. @throws {ValueError} */
export function parseSize(text: string): number {
  const bytes = parseAmount(text, "bytes");
  if (bytes !== null && bytes >= MIN_RECORDED_BYTES) return Math.round(bytes);
  const problem = bytes === null ? "it is not a size" : "it is too small";
  throw new ValueError(problem, { hint: "write 2GB, 500MB or 4GiB, at least 1MB" });
}

/** Reads how long recordings are kept, 1 min or more, in ms. @throws {ValueError} */
export function parseKeep(text: string): number {
  return parseTimeIn(text, { minMs: 60_000, maxMs: Infinity, hint: "write 7d, 12h or 30min, at least 1min" });
}

/** Reads a time of day, HH:MM or HH:MM:SS, in ms after midnight. @throws {ValueError} */
export function parseTimeOfDay(text: string): number {
  const [, hour, minute, second = "0"] = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/.exec(text.trim()) ?? [];
  if (hour === undefined || minute === undefined) {
    throw new ValueError("it is not a time of day", { hint: "write 00:00, 6:30 or 23:59:30" });
  }
  return ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
}

/** Returns a parser of whole numbers from 1 to `max`. `without`: what applies if the number is left out. */
export function parseCount(max: number, without: string = "no limit"): (text: string) => number {
  return (text) => {
    const count = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (count >= 1 && count <= max) return count;
    throw new ValueError(`it is not a whole number from 1 to ${max}`, { hint: `leave it out for ${without}` });
  };
}

/** Returns a parser of whole numbers from 0 to `max`. */
export function parseCountOrZero(max: number): (text: string) => number {
  return (text) => {
    if (/^\d{1,10}$/.test(text) && Number(text) <= max) return Number(text);
    throw new ValueError(`it is not a whole number from 0 to ${max}`, { hint: "write 0 for none" });
  };
}

/** Returns a parser of one of these keywords. */
export function parseChoice<Word extends string>(words: readonly Word[]): (text: string) => Word {
  return (text) => {
    const word = words.find((known) => known === text);
    if (word !== undefined) return word;
    const listed = words.length === 1 ? words[0] : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
    throw new ValueError("there is no such choice", { hint: `write ${listed}` });
  };
}

/** Reads a path as it is typed. In a configuration file it is relative to the folder of the file. @throws {ValueError} */
export function parsePath(text: string, place: Place): string {
  // an unset variable of a script leaves an empty text, which is never intended
  if (text === "") throw new ValueError("it is empty", { hint: "give it a path, or leave it out" });
  return place.kind === "entry" ? absolutePath(text, folderOfEntry(place.path)) : text;
}

/** The value of `--out` for stdout. */
export const STDOUT = "-";

/** Reads the folder of recordings, or {@linkcode STDOUT}. @throws {ValueError} */
export function parseOut(text: string, place: Place): string {
  return text === STDOUT ? text : parsePath(text, place);
}

/**
 * Reads the name of a library. A path becomes absolute, as the children that load it run in another folder. A name without a
 * slash stays as it is: the dynamic linker searches for it (`dlopen(3)`).
 *
 * @throws {ValueError}
 */
export function parseLibrary(text: string, place: Place): string {
  if (text === "") throw new ValueError("it is empty", { hint: "give it a path, or leave it out" });
  if (!text.includes("/")) return text;
  return place.kind === "entry" ? absolutePath(text, folderOfEntry(place.path)) : absolutePath(text);
}

/** Returns the folder of the configuration file `path`, which may be relative. */
function folderOfEntry(path: string): string {
  return folderOf(absolutePath(path));
}
