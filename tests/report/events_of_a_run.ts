/** Events and statistics of a run, for tests. */
import type {
  DataAgainEvent,
  DeletedEvent,
  DiskEvent,
  DiskLowEvent,
  ExpectationEvent,
  ListeningEvent,
  MissingEvent,
  NoDataEvent,
  RefusedEvent,
  SegmentEvent,
  SessionAdoptedEvent,
  SessionEndEvent,
  SessionProvenEvent,
  SessionStartEvent,
  StatsEvent,
  StoppedEvent,
  StoppingEvent,
} from "../../mod/vocabulary/events.ts";
import type { SrtStatistics } from "../../mod/vocabulary/statistics.ts";

const time = "2026-05-04T14:03:07.123Z";
const caller = { address: "192.0.2.9", port: 40123 };
const local = { address: "192.0.2.7", port: 9000 };

export const STATISTICS: SrtStatistics = {
  pktRecvTotal: 28_490,
  pktRecvUniqueTotal: 28_479,
  pktRcvLossTotal: 12,
  pktRcvDropTotal: 1,
  pktRcvRetransTotal: 11,
  pktRcvFilterSupplyTotal: 0,
  pktRcvUndecryptTotal: 0,
  pktRcvBelated: 0,
  pktKernelDropTotal: null,
  pktUndeliveredTotal: null,
  byteRecvTotal: 38_000_000,
  msRTT: 12.34,
  mbpsRecvRate: 12.4,
  msRcvBuf: 118,
  msRcvTsbPdDelay: 120,
};

export const LISTENING: ListeningEvent = {
  time,
  event: "listening",
  schema: 3,
  version: "0.1.0",
  pid: 4711,
  port: 9000,
  addresses: [{ address: "127.0.0.1", port: 9000 }, { address: "::1", port: 9000 }, local],
  pulls: [],
  out: "/srv/recordings",
  stdout: false,
  libsrt: { version: "1.5.1", file: "libsrt.so.1.5" },
  web: [],
};

export const START: SessionStartEvent = {
  time,
  event: "session-start",
  session: "s1",
  caller,
  local,
  stream: "cam1",
  streamId: "#!::r=cam1",
  latencyMs: 120,
  encrypted: true,
  keyLength: 16,
  srtVersion: "1.5.1",
  file: "/srv/recordings/cam1.ts",
  earlierBytes: 0,
  pid: 4712,
  spare: false,
  pulled: false,
};

export const ADOPTED: SessionAdoptedEvent = {
  ...START,
  event: "session-adopted",
  start: "2026-05-04T14:02:07.123Z",
  durationMs: 60_000,
  proven: true,
  files: ["/srv/recordings/cam1.ts"],
};

export const PROVEN: SessionProvenEvent = { time, event: "session-proven", session: "s1", stream: "cam1" };

export const SEGMENT: SegmentEvent = {
  time,
  event: "segment",
  session: "s1",
  stream: "cam1",
  file: "/srv/recordings/cam1-2.ts",
  previous: "/srv/recordings/cam1.ts",
  previousGone: false,
  earlierBytes: 0,
  text: "the file system allows no larger file",
};

export const DELETED: DeletedEvent = {
  time,
  event: "deleted",
  file: "/srv/recordings/cam1.ts",
  bytes: 37_500_000,
  end: "2026-04-27T14:03:07.000Z",
  reason: "keep",
  text: "it ended 7 d 00 h ago (--keep)",
};

export const STATS: StatsEvent = {
  time,
  event: "stats",
  session: "s1",
  stream: "cam1",
  durationMs: 3_725_000,
  bytes: 37_500_000,
  bitsPerSecond: 12_400_000,
  statistics: STATISTICS,
  ts: null,
};

export const NO_DATA: NoDataEvent = { time, event: "no-data", session: "s1", stream: "cam1", idleMs: 2040 };

export const DATA_AGAIN: DataAgainEvent = {
  time,
  event: "data-again",
  session: "s1",
  stream: "cam1",
  pausedMs: 5200,
};

export const MISSING: MissingEvent = {
  time,
  event: "missing",
  session: "s1",
  stream: "cam1",
  packets: 12,
  totalPackets: 40,
};

const SPACE = {
  folder: "/srv/recordings",
  freeBytes: 412_000_000_000,
  totalBytes: 2_000_000_000_000,
  bitsPerSecond: 100_000_000,
  leftMs: 32_960_000,
};

export const DISK: DiskEvent = { time, event: "disk", ...SPACE };

export const DISK_LOW: DiskLowEvent = {
  time,
  event: "disk-low",
  ...SPACE,
  text: "DISK LOW: 412 GB are free in /srv/recordings (20 % of the disk), 9 h 09 min left at 100 Mbit/s",
  advice: "make room in the folder of recordings; a restart is not needed",
};

export const END: SessionEndEvent = {
  time,
  event: "session-end",
  session: "s1",
  caller,
  stream: "cam1",
  reason: "caller-closed",
  text: "the caller closed its connection",
  advice: "",
  signal: null,
  durationMs: 3_725_000,
  bytes: 37_500_000,
  bitsPerSecond: 80_537,
  file: "/srv/recordings/cam1.ts",
  files: ["/srv/recordings/cam1.ts"],
  attempt: false,
  outputs: [],
  statistics: STATISTICS,
  ts: null,
};

/** The end of a caller that connected and sent nothing. */
export const ATTEMPT: SessionEndEvent = { ...END, bytes: 0, bitsPerSecond: 0, file: null, files: [], attempt: true };

export const CRASHED: SessionEndEvent = {
  ...END,
  reason: "crashed",
  text: "its process died (SIGKILL)",
  advice: "complete its sidecar: srt-splitter recover /srv/recordings",
  signal: "SIGKILL",
  statistics: null,
};

export const REFUSED: RefusedEvent = {
  time,
  event: "refused",
  caller,
  local,
  stream: "cam1",
  srtVersion: "1.5.1",
  reason: 1402,
  text: "there are 8 sessions already",
  advice: "raise --max-sessions",
  rule: null,
  byStop: false,
  times: 3,
};

export const STOPPING: StoppingEvent = { time, event: "stopping", cause: "SIGINT", text: "SIGINT", sessions: 1 };

export const EXPECTATION: ExpectationEvent = {
  time,
  event: "expectation",
  expectation: "sessions=2",
  ok: false,
  seen: "1",
  values: [{ session: null, value: 1, ok: false }],
};

export const STOPPED: StoppedEvent = {
  time,
  event: "stopped",
  durationMs: 3_730_000,
  sessions: 2,
  attempts: 1,
  failed: 0,
  refused: 3,
  refusedByStop: 0,
  refusals: [{ reason: 1403, name: "SRT_REJX_FORBIDDEN", times: 3 }],
  bytes: 37_500_000,
  exitCode: 0,
};
