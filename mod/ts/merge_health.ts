/**
 * Joins the TS health of two parts of a file. The second part was analyzed by itself.
 *
 * @module
 */

import type { TsErrorKind, TsHealth, TsPlace, TsTableHealth } from "../vocabulary/ts_health.ts";

/** In a part of up to this length, sync may not be established although it is TS: that takes five packets after the rest of one. */
const UNDECIDED_BYTES = 6 * 204;

/** Joins the TS health of two parts of a file. The first part has `bytes` bytes. */
export function mergeHealth(earlier: TsHealth, later: TsHealth, bytes: number): TsHealth {
  const first = withSyncLoss(earlier, later);
  const second = withSyncLoss(later, earlier);
  const isSecondTs = second.payload === "ts";
  const lost = second.syncLostSinceOffset;
  return {
    ...mergeCounts(first, second),
    payload: first.payload === "unknown" || isSecondTs ? second.payload : first.payload,
    format: first.format ?? second.format,
    packetBytes: first.packetBytes ?? second.packetBytes,
    syncLostSinceOffset: second.bytes === 0 ? first.syncLostSinceOffset : lost === null ? null : lost + bytes,
    first: mergePlaces(first.first, second.first, bytes),
    clockMs: addOrKnown(first.clockMs, second.clockMs),
    pat: mergeTables(first.pat, second.pat),
    services: mergeLists(first.services, second.services, {
      keyOf: ({ number }) => number,
      merge: (one, other) => ({
        ...one,
        ...other,
        name: other.name ?? one.name,
        provider: other.provider ?? one.provider,
        pmt: mergeTables(one.pmt, other.pmt),
        streams: other.streams.length > 0 ? other.streams : one.streams,
      }),
    }),
    pcrPids: mergeLists(first.pcrPids, second.pcrPids, {
      keyOf: ({ pid }) => pid,
      merge: (one, other) => ({
        pid: one.pid,
        count: one.count + other.count,
        maxIntervalMs: maxOrKnown(one.maxIntervalMs, other.maxIntervalMs),
        discontinuities: one.discontinuities + other.discontinuities,
      }),
    }),
    pids: mergeLists(
      first.pids,
      second.pids.map((pid) => ({ ...pid, firstContinuityError: shifted(pid.firstContinuityError, bytes) })),
      {
        keyOf: ({ pid }) => pid,
        merge: (one, other) => ({
          pid: one.pid,
          packets: one.packets + other.packets,
          continuityErrors: one.continuityErrors + other.continuityErrors,
          firstContinuityError: one.firstContinuityError ?? other.firstContinuityError,
          scrambledPackets: one.scrambledPackets + other.scrambledPackets,
        }),
      },
    ),
    pidsTotal: Math.max(first.pidsTotal, second.pidsTotal, new Set([...pidsOf(first), ...pidsOf(second)]).size),
  };
}

/** Returns the health of a part. If it is not TS, but the other part is, all of it is a loss of sync. */
function withSyncLoss(part: TsHealth, other: TsHealth): TsHealth {
  if (part.payload === "ts" || part.bytes <= UNDECIDED_BYTES || other.payload !== "ts") return part;
  const syncLosses = { offset: 0, pid: null };
  return { ...part, errors: 1, syncLosses: 1, syncLostSinceOffset: 0, first: { ...part.first, syncLosses } };
}

type Counts = Pick<TsHealth, TsErrorKind | "bytes" | "packets" | "errors" | "nullPackets" | "scrambledPackets">;

function mergeCounts(first: TsHealth, second: TsHealth): Counts {
  const sum = (name: keyof Counts) => first[name] + second[name];
  return {
    bytes: sum("bytes"),
    packets: sum("packets"),
    errors: sum("errors"),
    syncLosses: sum("syncLosses"),
    syncErrors: sum("syncErrors"),
    patErrors: sum("patErrors"),
    continuityErrors: sum("continuityErrors"),
    pmtErrors: sum("pmtErrors"),
    pidErrors: sum("pidErrors"),
    transportErrors: sum("transportErrors"),
    crcErrors: sum("crcErrors"),
    nullPackets: sum("nullPackets"),
    scrambledPackets: sum("scrambledPackets"),
  };
}

function mergePlaces(first: TsHealth["first"], second: TsHealth["first"], bytes: number): TsHealth["first"] {
  const of = (kind: TsErrorKind) => first[kind] ?? shiftedPlace(second[kind], bytes);
  return {
    syncLosses: of("syncLosses"),
    syncErrors: of("syncErrors"),
    patErrors: of("patErrors"),
    continuityErrors: of("continuityErrors"),
    pmtErrors: of("pmtErrors"),
    pidErrors: of("pidErrors"),
    transportErrors: of("transportErrors"),
    crcErrors: of("crcErrors"),
  };
}

/** Joins the statistics of a table. The interval between the two parts is not known, and is left out. */
function mergeTables(one: TsTableHealth | null, other: TsTableHealth | null): TsTableHealth | null {
  if (one === null || other === null) return one ?? other;
  const intervals = [one, other].flatMap(({ count, meanIntervalMs }) =>
    meanIntervalMs === null ? [] : [{ count: count - 1, meanIntervalMs }]
  );
  const total = intervals.reduce((sum, { count }) => sum + count, 0);
  const weighted = intervals.reduce((sum, { count, meanIntervalMs }) => sum + count * meanIntervalMs, 0);
  return {
    count: one.count + other.count,
    version: other.version,
    meanIntervalMs: total === 0 ? null : weighted / total,
    maxIntervalMs: maxOrKnown(one.maxIntervalMs, other.maxIntervalMs),
  };
}

/** Joins two lists by a key, in the order of the keys. */
function mergeLists<Item>(
  first: readonly Item[],
  second: readonly Item[],
  { keyOf, merge }: { readonly keyOf: (item: Item) => number; readonly merge: (one: Item, other: Item) => Item },
): Item[] {
  const items = new Map(first.map((item) => [keyOf(item), item]));
  for (const other of second) {
    const one = items.get(keyOf(other));
    items.set(keyOf(other), one === undefined ? other : merge(one, other));
  }
  return [...items.values()].toSorted((one, other) => keyOf(one) - keyOf(other));
}

function pidsOf({ pids }: TsHealth): readonly number[] {
  return pids.map(({ pid }) => pid);
}

function shifted(offset: number | null, bytes: number): number | null {
  return offset === null ? null : offset + bytes;
}

function shiftedPlace(place: TsPlace | null, bytes: number): TsPlace | null {
  return place === null ? null : { ...place, offset: place.offset + bytes };
}

function addOrKnown(one: number | null, other: number | null): number | null {
  return one === null || other === null ? one ?? other : one + other;
}

function maxOrKnown(one: number | null, other: number | null): number | null {
  return one === null || other === null ? one ?? other : Math.max(one, other);
}
