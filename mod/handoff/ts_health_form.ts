/**
 * The form of {@linkcode TsHealth}: everything that reporters rely on.
 *
 * @module
 */

import type { TsHealth } from "../report/events.ts";
import { type Check, list, number, oneOf, orNull, record, string } from "./form.ts";

const place = orNull(record({ offset: number, pid: orNull(number) }));
const rhythm = orNull(
  record({ count: number, version: number, meanIntervalMs: orNull(number), maxIntervalMs: orNull(number) }),
);

/** Each field of {@linkcode TsHealth}, so that none can be forgotten. */
const FIELDS: { readonly [Field in keyof TsHealth]: Check } = {
  payload: oneOf(["ts", "other", "unknown"]),
  format: orNull(string),
  bytes: number,
  packets: number,
  errors: number,
  syncLosses: number,
  syncErrors: number,
  patErrors: number,
  continuityErrors: number,
  pmtErrors: number,
  pidErrors: number,
  transportErrors: number,
  crcErrors: number,
  first: record({
    syncLosses: place,
    syncErrors: place,
    patErrors: place,
    continuityErrors: place,
    pmtErrors: place,
    pidErrors: place,
    transportErrors: place,
    crcErrors: place,
  }),
  nullPackets: number,
  scrambledPackets: number,
  clockMs: orNull(number),
  pat: rhythm,
  services: list(record({
    number,
    name: orNull(string),
    provider: orNull(string),
    pmtPid: number,
    pcrPid: orNull(number),
    pmt: rhythm,
    streams: list(record({ pid: number, type: number, text: string })),
  })),
  pcrPids: list(record({ pid: number, count: number, maxIntervalMs: orNull(number), discontinuities: number })),
  pids: list(record({
    pid: number,
    packets: number,
    continuityErrors: number,
    firstContinuityError: orNull(number),
    scrambledPackets: number,
  })),
  pidsTotal: number,
};

/** Whether a value is a {@linkcode TsHealth}. */
export const tsHealth: Check = record(FIELDS);
