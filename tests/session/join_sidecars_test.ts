import assert from "node:assert/strict";
import { joinSidecars } from "../../mod/session/join_sidecars.ts";
import type { FinalSidecar, Loss, Pcr } from "../../mod/vocabulary/sidecar.ts";
import { FINAL_SIDECAR } from "../recording/sidecars.ts";

function pcr(offset: number, pid = 256): Pcr {
  return { pid, value: offset * 1000, offset };
}

function loss(offset: number, packets: number): Loss {
  return { timeMs: 5, time: "2026-05-04T14:03:08.000Z", pcr: pcr(0), offset, packets };
}

const EARLIER: FinalSidecar = {
  ...FINAL_SIDECAR,
  bytes: 1880,
  firstPacket: { time: "2026-05-04T14:03:07.200Z", pcr: pcr(188) },
  lastPacket: { time: "2026-05-04T14:03:08.900Z", pcr: pcr(1692) },
  losses: { gaps: [loss(188, 2)], gapsTotal: 1, packets: 2 },
  diskGaps: [{ timeMs: 1, durationMs: 2, offset: 188, bytes: 188 }],
  checksum: { algorithm: "sha256", value: "a" },
  checksumState: "aa",
};

const LATER: FinalSidecar = {
  ...FINAL_SIDECAR,
  session: "s2",
  caller: { address: "192.0.2.8", port: 4000 },
  start: "2026-05-04T14:03:20.000Z",
  end: "2026-05-04T14:03:30.000Z",
  reason: "silence",
  text: "nothing arrived",
  bytes: 376,
  firstPacket: { time: "2026-05-04T14:03:20.500Z", pcr: pcr(0) },
  lastPacket: { time: "2026-05-04T14:03:29.500Z", pcr: pcr(188) },
  losses: { gaps: [loss(188, 3)], gapsTotal: 1, packets: 3 },
  diskGaps: [{ timeMs: 3, durationMs: 4, offset: 0, bytes: 188 }],
  checksum: { algorithm: "sha256", value: "b" },
  checksumState: "bb",
};

Deno.test("joinSidecars describes the whole file, with the gap between the sessions in its losses", () => {
  assert.deepStrictEqual(joinSidecars(EARLIER, LATER), {
    ...EARLIER,
    end: LATER.end,
    reason: "silence",
    text: "nothing arrived",
    durationMs: 23_000,
    bytes: 2256,
    lastPacket: { time: LATER.lastPacket.time, pcr: { ...pcr(188), offset: 2068 } },
    losses: {
      gaps: [
        loss(188, 2),
        { timeMs: 0, time: LATER.firstPacket.time, pcr: pcr(1692), offset: 1880, packets: 0 },
        { ...loss(2068, 3), pcr: { ...pcr(0), offset: 1880 } },
      ],
      gapsTotal: 3,
      packets: 5,
    },
    diskGaps: [...EARLIER.diskGaps ?? [], { timeMs: 3, durationMs: 4, offset: 1880, bytes: 188 }],
    continuations: [{
      session: "s2",
      caller: LATER.caller,
      time: LATER.start,
      offset: 1880,
      end: EARLIER.end,
      reason: "caller-closed",
    }],
    checksum: LATER.checksum,
    checksumState: "bb",
  });
});

Deno.test("joinSidecars does not change the sidecar if the later session had no payload", () => {
  assert.deepStrictEqual(joinSidecars(EARLIER, { ...LATER, bytes: 0 }), EARLIER);
});

for (const name of ["losses", "diskGaps", "clockSteps", "ts"] as const) {
  Deno.test(`joinSidecars does not know ${name} of the file if they are not known of a part of it`, () => {
    assert.strictEqual(joinSidecars({ ...EARLIER, [name]: null }, LATER)[name], null);
  });
}

Deno.test("joinSidecars keeps the last PCR of the PID of the first one", () => {
  const later = { ...LATER, lastPacket: { ...LATER.lastPacket, pcr: pcr(188, 300) } };
  assert.deepStrictEqual(joinSidecars(EARLIER, later).lastPacket, {
    time: LATER.lastPacket.time,
    pcr: EARLIER.lastPacket.pcr,
  });
});
