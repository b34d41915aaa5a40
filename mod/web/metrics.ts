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
  metric("info", {
    help: "Versions of srt-splitter and libsrt. The value is 1.",
    samples: ({ state: { listening } }) => [[{ version: listening.version, libsrt: listening.libsrt.version }, 1]],
  }),
  ofListener("start_time_seconds", {
    help: "When the run began, in seconds since the epoch.",
    value: ({ state }) => Date.parse(state.listening.time) / 1000,
  }),
  ofListener("stopping", {
    help: "1 if the listener is stopping.",
    value: ({ state }) => state.stopping === null ? 0 : 1,
  }),
  ofListener("sessions", {
    help: "Running sessions that have had payload, or have been kept alive for 6 s.",
    value: countedSessions,
  }),
  ofListener("ended_sessions_total", {
    help: "Sessions that have ended.",
    value: (snapshot) => snapshot.state.counts.sessions - countedSessions(snapshot),
  }),
  ofListener("failed_sessions_total", {
    help: "Sessions and attempts that ended with a failure.",
    value: ({ state }) => state.counts.failed,
  }),
  ofListener("attempts_total", {
    help: "Connections that ended without payload.",
    value: ({ state }) => state.counts.attempts,
  }),
  ofListener("lost_sessions", {
    help: "Sessions that were cut off or failed, without a later session of the same stream name.",
    value: ({ state }) => state.lost.length,
  }),
  metric("expected_stream_absent", {
    help: "1 for each stream name of --expect-streams that has no session.",
    samples: ({ state }) => state.absentStreams.map((stream) => [{ stream }, 1]),
  }),
  metric("pull_unconnected", {
    help:
      "1 for each pull that has no session after a failed call, or after a session that has ended; reason is the SRT " +
      "rejection reason, or none.",
    samples: ({ state }) =>
      (state.unconnectedPulls ?? []).map(({ stream, listener, reason }) => [
        { stream, listener, reason: String(reason ?? "none") },
        1,
      ]),
  }),
  metric("pull_next_call_seconds", {
    help: "Time until the next call of a pull without a session; 0 while it is called.",
    samples: ({ state }) =>
      (state.unconnectedPulls ?? []).map(({ stream, listener, nextCallMs }) => [
        { stream, listener },
        (nextCallMs ?? 0) / 1000,
      ]),
  }),
  metric("refused_total", {
    help: "Refused callers by SRT rejection reason; reason is none if the caller was sent no reason.",
    samples: ({ state }) =>
      state.refusals.map(({ reason, name, times }) => [{ reason: String(reason ?? "none"), name: name ?? "" }, times]),
  }),
  ofListener("refused_by_stop_total", {
    help: "Callers refused because the listener was stopping.",
    value: ({ state }) => state.counts.refusedByStop,
  }),
  ofListener("run_received_bytes_total", {
    help: "Payload bytes of all sessions, those that have ended included.",
    value: ({ state }) => state.receivedBytes,
  }),
  ofDisk("disk_free_bytes", {
    help: "Bytes that are free on the disk of recordings.",
    value: ({ freeBytes }) => freeBytes,
  }),
  ofDisk("disk_size_bytes", {
    help: "Size of the disk of recordings.",
    value: ({ totalBytes }) => totalBytes,
  }),
  ofDisk("disk_left_seconds", {
    help: "How long the free space lasts at the present rate.",
    value: ({ leftMs }) => seconds(leftMs),
  }),
  ofSession("session_duration_seconds", {
    help: "Time since the start of the session.",
    value: ({ durationMs }) => seconds(durationMs),
  }),
  ofSession("latency_seconds", {
    help: "Negotiated receiver latency.",
    value: ({ start }) => seconds(start.latencyMs),
  }),
  ofSession("received_bytes_total", {
    help: "Payload bytes received.",
    value: ({ figures }) => figures?.bytes ?? null,
  }),
  ofStatistics("received_packets_total", {
    help: "Packets received, retransmitted ones included.",
    value: ({ pktRecvTotal }) => pktRecvTotal,
  }),
  ofStatistics("lost_packets_total", {
    help: "Packets found missing when a later one arrived.",
    value: ({ pktRcvLossTotal }) => pktRcvLossTotal,
  }),
  ofStatistics("retransmitted_packets_total", {
    help: "Packets that arrived by retransmission.",
    value: ({ pktRcvRetransTotal }) => pktRcvRetransTotal,
  }),
  ofStatistics("missing_packets_total", {
    help: "Packets that did not arrive in time, and are missing.",
    value: ({ pktRcvDropTotal }) => pktRcvDropTotal,
  }),
  ofStatistics("undecrypted_packets_total", {
    help: "Packets that could not be decrypted.",
    value: ({ pktRcvUndecryptTotal }) => pktRcvUndecryptTotal,
  }),
  ofStatistics("rtt_seconds", {
    help: "Smoothed round-trip time.",
    value: ({ msRTT }) => seconds(msRTT),
  }),
  ofStatistics("receive_buffer_seconds", {
    help: "Time span of the payload in the receiver buffer.",
    value: ({ msRcvBuf }) => seconds(msRcvBuf),
  }),
  ofSession("ts_errors_total", {
    help: "Errors of the transport stream.",
    value: ({ figures }) => figures?.ts?.errors ?? null,
  }),
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

/** How a metric follows from a part of a snapshot. */
interface Reading<Part> {
  readonly help: string;
  /** Null: it is not known. */
  readonly value: (part: Part) => number | null;
}

function metric(name: string, { help, samples }: Pick<Metric, "help" | "samples">): Metric {
  return { name: `${PREFIX}${name}`, type: name.endsWith("_total") ? "counter" : "gauge", help, samples };
}

function ofListener(name: string, { help, value }: Reading<ListenerSnapshot>): Metric {
  return metric(name, { help, samples: (snapshot) => [[{}, value(snapshot)]] });
}

function ofDisk(name: string, { help, value }: Reading<NonNullable<ListenerSnapshot["state"]["disk"]>>): Metric {
  return metric(name, {
    help,
    samples: ({ state: { disk } }) => disk === null ? [] : [[{ folder: disk.folder }, value(disk)]],
  });
}

/** A value of each session. An ID is not used again while the listener runs. */
function ofSession(name: string, { help, value }: Reading<ListedSession>): Metric {
  const labels = ({ start: { session, stream, caller } }: ListedSession) => {
    return { session, stream: stream ?? "", address: caller.address };
  };
  return metric(name, {
    help,
    samples: ({ sessions }) => sessions.map((session) => [labels(session), value(session)]),
  });
}

function ofStatistics(name: string, { help, value }: Reading<SrtStatistics>): Metric {
  return ofSession(name, { help, value: ({ figures }) => figures === null ? null : value(figures.statistics) });
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
