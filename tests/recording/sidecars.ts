/**
 * The records of a sidecar, for tests.
 *
 * @module
 */

import type { FinalSidecar, SidecarStart } from "../../mod/vocabulary/sidecar.ts";

/** A sidecar as it begins. */
export const SIDECAR_START: SidecarStart = {
  schema: 3,
  file: "cam1.ts",
  previous: null,
  session: "s1",
  caller: { address: "192.0.2.9", port: 40_123 },
  local: { address: "192.0.2.7", port: 9000 },
  stream: "cam1",
  streamId: "cam1",
  srtVersion: "1.5.1",
  latencyMs: 120,
  encrypted: false,
  keyLength: 0,
  start: "2026-05-04T14:03:07.000Z",
  timeZone: "Europe/Berlin",
  utcOffsetMinutes: 120,
  segment: 1,
  first: "cam1.ts",
};

/** The same sidecar at the end. */
export const FINAL_SIDECAR: FinalSidecar = {
  ...SIDECAR_START,
  state: "final",
  end: "2026-05-04T14:03:09.000Z",
  firstPacket: { time: "2026-05-04T14:03:07.200Z", pcr: null },
  lastPacket: { time: "2026-05-04T14:03:08.900Z", pcr: null },
  next: null,
  reason: "caller-closed",
  text: "the caller closed the connection",
  durationMs: 2000,
  bytes: 4,
  statistics: null,
  losses: null,
  diskGaps: [],
  clockSteps: [],
  ts: null,
  continuations: [],
  checksumState: null,
  checksum: null,
};
