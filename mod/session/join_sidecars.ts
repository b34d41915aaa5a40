/**
 * The sidecar of a file that a later session has continued: joins what is known of both parts.
 *
 * @module
 */

import { mergeHealth } from "../ts/merge_health.ts";
import type { FinalSidecar, Loss, LossSummary, PacketTime, Pcr } from "../vocabulary/sidecar.ts";

/** Our choice, as in recording/loss_map.ts: maximum number of gaps that a sidecar lists. */
const LISTED_GAPS = 10_000;

/**
 * Returns one sidecar for a file that a later session has continued. `earlier` is the sidecar before that, and `later` describes
 * the appended part: its offsets count from the first byte of that part. If the part is empty, only `next` is taken from `later`.
 */
export function joinSidecars(earlier: FinalSidecar, later: FinalSidecar): FinalSidecar {
  if (later.bytes === 0) return { ...earlier, next: later.next };
  const { bytes } = earlier;
  return {
    ...earlier,
    end: later.end,
    lastPacket: joinLastPacket(earlier, later),
    next: later.next,
    reason: later.reason,
    text: later.text,
    durationMs: Math.max(0, Date.parse(later.end) - Date.parse(earlier.start)),
    bytes: bytes + later.bytes,
    statistics: later.statistics,
    losses: earlier.losses === null || later.losses === null ? null : joinLosses(earlier.losses, {
      later: later.losses,
      gap: { timeMs: 0, time: later.firstPacket.time, pcr: earlier.lastPacket.pcr, offset: bytes, packets: 0 },
    }),
    diskGaps: joinLists(earlier.diskGaps, later.diskGaps, (gap) => ({ ...gap, offset: gap.offset + bytes })),
    clockSteps: joinLists(earlier.clockSteps, later.clockSteps, (step) => step),
    ts: earlier.ts === null || later.ts === null ? null : mergeHealth(earlier.ts, later.ts, bytes),
    continuations: [...earlier.continuations ?? [], {
      session: later.session,
      caller: later.caller,
      time: later.start,
      offset: bytes,
      end: earlier.end,
      reason: earlier.reason === "continued" ? "interrupted" : earlier.reason,
    }],
    checksum: later.checksum,
    checksumState: later.checksumState,
  };
}

/** The last PCR counts only if it is of the PID of the first one, as in every sidecar. */
function joinLastPacket(earlier: FinalSidecar, later: FinalSidecar): PacketTime {
  const { time, pcr } = later.lastPacket;
  const pid = earlier.firstPacket.pcr?.pid ?? pcr?.pid;
  return { time, pcr: pcr !== null && pcr.pid === pid ? shiftedPcr(pcr, earlier.bytes) : earlier.lastPacket.pcr };
}

function joinLosses(
  earlier: LossSummary,
  { later, gap }: { readonly later: LossSummary; readonly gap: Loss },
): LossSummary {
  const own = later.gaps.map((loss) => ({
    ...loss,
    offset: loss.offset + gap.offset,
    pcr: loss.pcr === null ? null : shiftedPcr(loss.pcr, gap.offset),
  }));
  return {
    gaps: [...earlier.gaps, gap, ...own].slice(0, LISTED_GAPS),
    gapsTotal: earlier.gapsTotal + 1 + later.gapsTotal,
    packets: earlier.packets + later.packets,
  };
}

function joinLists<Item>(
  earlier: readonly Item[] | null,
  later: readonly Item[] | null,
  shift: (item: Item) => Item,
): Item[] | null {
  return earlier === null || later === null ? null : [...earlier, ...later.map(shift)];
}

function shiftedPcr(pcr: Pcr, bytes: number): Pcr {
  return { ...pcr, offset: pcr.offset + bytes };
}
