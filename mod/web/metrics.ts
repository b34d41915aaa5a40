/**
 * The table of all metrics of a listener, and their text for Prometheus (format version 0.0.4).
 *
 * @module
 */

import type { ListedSession } from "../handoff/control_message.ts";
import type { SrtStatistics } from "../vocabulary/statistics.ts";
import type { ListenerSnapshot } from "./listener_client.ts";

/** Value of the header Content-Type. */
export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A value, with the labels that distinguish it from others of the same metric. Null: it is not known, and is left out. */
export type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null];

/** A metric. */
export interface Metric {
  /** With the prefix, the unit (`_seconds`, `_bytes`) and, for a counter, `_total`, as Prometheus recommends. */
  readonly name: string;
  readonly type: "counter" | "gauge";
  readonly help: string;
  readonly samples: (snapshot: ListenerSnapshot) => readonly Sample[];
}

const PREFIX = "srt_splitter_";

/** Every metric, in the order of the text. */
export const METRICS: readonly Metric[] = [
  {
    name: `${PREFIX}info`,
    type: "gauge",
    help: "Versions of srt-splitter and libsrt. The value is 1.",
    samples: ({ state: { listening } }) => [[{ version: listening.version, libsrt: listening.libsrt.version }, 1]],
  },
  ofListener("start_time_seconds", "gauge", "When callers could connect, in seconds since the epoch.", ({ state }) => {
    return Date.parse(state.listening.time) / 1000;
  }),
  ofListener("stopping", "gauge", "1 if the listener is stopping.", ({ state }) => state.stopping === null ? 0 : 1),
  ofListener("sessions", "gauge", "Running sessions whose callers are proven real.", countedSessions),
  ofListener("ended_sessions_total", "counter", "Sessions that have ended.", (snapshot) => {
    return snapshot.state.counts.sessions - countedSessions(snapshot);
  }),
  ofListener("failed_sessions_total", "counter", "Sessions and attempts that ended with a failure.", ({ state }) => {
    return state.counts.failed;
  }),
  ofListener("attempts_total", "counter", "Callers that connected and sent no payload.", ({ state }) => {
    return state.counts.attempts;
  }),
  ofListener(
    "lost_sessions",
    "gauge",
    "Sessions that were cut off or failed, and whose caller is not back.",
    ({ state }) => {
      return state.lost.length;
    },
  ),
  {
    name: `${PREFIX}expected_stream_absent`,
    type: "gauge",
    help: "1 for each stream name of --expect-streams that has no session.",
    samples: ({ state }) => state.absentStreams.map((stream) => [{ stream }, 1]),
  },
  {
    name: `${PREFIX}refused_total`,
    type: "counter",
    help: "Refused callers by SRT rejection reason; reason is none for those that got no answer.",
    samples: ({ state }) =>
      state.refusals.map(({ reason, name, times }) => [{ reason: String(reason ?? "none"), name: name ?? "" }, times]),
  },
  ofListener("refused_by_stop_total", "counter", "Callers refused because the listener was stopping.", ({ state }) => {
    return state.counts.refusedByStop;
  }),
  ofListener(
    "run_received_bytes_total",
    "counter",
    "Payload bytes of all sessions, those that have ended included.",
    ({ state }) => {
      return state.receivedBytes;
    },
  ),
  ofDisk("disk_free_bytes", "Bytes that are free on the disk of recordings.", ({ freeBytes }) => freeBytes),
  ofDisk("disk_size_bytes", "Size of the disk of recordings.", ({ totalBytes }) => totalBytes),
  ofDisk("disk_left_seconds", "How long the free space lasts at the present rate.", ({ leftMs }) => seconds(leftMs)),
  ofSession("session_duration_seconds", "gauge", "Time since the start of the session.", ({ durationMs }) => {
    return seconds(durationMs);
  }),
  ofSession("latency_seconds", "gauge", "Negotiated receiver latency.", ({ start }) => seconds(start.latencyMs)),
  ofSession("received_bytes_total", "counter", "Payload bytes received.", ({ figures }) => figures?.bytes ?? null),
  ofStatistics("received_packets_total", "counter", "Packets received, retransmitted ones included.", "pktRecvTotal"),
  ofStatistics("lost_packets_total", "counter", "Packets found missing when a later one arrived.", "pktRcvLossTotal"),
  ofStatistics(
    "retransmitted_packets_total",
    "counter",
    "Packets that arrived by retransmission.",
    "pktRcvRetransTotal",
  ),
  ofStatistics(
    "missing_packets_total",
    "counter",
    "Packets that did not arrive in time, and are missing.",
    "pktRcvDropTotal",
  ),
  ofStatistics("undecrypted_packets_total", "counter", "Packets that could not be decrypted.", "pktRcvUndecryptTotal"),
  ofSession("rtt_seconds", "gauge", "Smoothed round-trip time.", ({ figures }) => seconds(figures?.statistics.msRTT)),
  ofSession("receive_buffer_seconds", "gauge", "Time span of the payload in the receiver buffer.", ({ figures }) => {
    return seconds(figures?.statistics.msRcvBuf);
  }),
  ofSession(
    "ts_errors_total",
    "counter",
    "Errors of the transport stream.",
    ({ figures }) => figures?.ts?.errors ?? null,
  ),
];

/** Returns the metrics of a snapshot as text. */
export function metricsText(snapshot: ListenerSnapshot): string {
  return METRICS.map(({ name, type, help, samples }) => {
    const lines = samples(snapshot).map(([labels, value]) =>
      value === null ? "" : `${name}${labelsText(labels)} ${value}\n`
    );
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
  }).join("");
}

function ofListener(
  name: string,
  type: Metric["type"],
  help: string,
  value: (snapshot: ListenerSnapshot) => number,
): Metric {
  return { name: `${PREFIX}${name}`, type, help, samples: (snapshot) => [[{}, value(snapshot)]] };
}

function ofDisk(
  name: string,
  help: string,
  value: (disk: NonNullable<ListenerSnapshot["state"]["disk"]>) => number | null,
): Metric {
  const samples: Metric["samples"] = ({ state: { disk } }) =>
    disk === null ? [] : [[{ folder: disk.folder }, value(disk)]];
  return { name: `${PREFIX}${name}`, type: "gauge", help, samples };
}

/** A value of each session. An ID is not used again while the listener runs. */
function ofSession(
  name: string,
  type: Metric["type"],
  help: string,
  value: (session: ListedSession) => number | null,
): Metric {
  const labels = ({ start: { session, stream, caller } }: ListedSession) => {
    return { session, stream: stream ?? "", address: caller.address };
  };
  return {
    name: `${PREFIX}${name}`,
    type,
    help,
    samples: ({ sessions }) => sessions.map((session) => [labels(session), value(session)]),
  };
}

function ofStatistics(
  name: string,
  type: Metric["type"],
  help: string,
  field: { [Field in keyof SrtStatistics]: SrtStatistics[Field] extends number ? Field : never }[keyof SrtStatistics],
): Metric {
  return ofSession(name, type, help, ({ figures }) => figures?.statistics[field] ?? null);
}

function countedSessions({ sessions }: ListenerSnapshot): number {
  return sessions.filter(({ proven }) => proven).length;
}

function seconds(ms: number | null | undefined): number | null {
  return ms === null || ms === undefined ? null : ms / 1000;
}

function labelsText(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
