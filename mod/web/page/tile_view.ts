/**
 * What a tile shows of a session, with the same texts as the table on a terminal. Pure.
 *
 * @module
 */

import type { ListenerState } from "../../handoff/control_message.ts";
import { escapeText } from "../../report/escape_text.ts";
import { formatBytes, formatClock, formatDuration, formatEndpoint, formatRate } from "../../report/format.ts";
import { hasPayload, recoveredPackets } from "../../report/loss_text.ts";
import { isInTrouble, recentText, type RowState, stateText } from "../../report/session_state.ts";
import { tsCell } from "../../report/ts_text.ts";
import type { SessionEndEvent } from "../../vocabulary/events.ts";
import type { UnconnectedPull } from "../../vocabulary/unconnected_pull.ts";
import type { TsHealth } from "../../vocabulary/ts_health.ts";
import type { RunningSession } from "../api_schema.ts";

/** A figure with its name. */
export interface Figure {
  readonly name: string;
  readonly text: string;
  readonly isBad: boolean;
}

/** What a tile shows. */
export interface TileView {
  /** Identifies the tile as long as it is about the same session or the same name. */
  readonly key: string;
  /** The stream name, or the address of a caller that has none. */
  readonly name: string;
  /** Empty if there is no trouble. */
  readonly state: string;
  readonly isInTrouble: boolean;
  /** Empty if it is not known. */
  readonly rate: string;
  readonly figures: readonly Figure[];
  /** The address of the caller, the time, and others; the most important first. */
  readonly facts: readonly string[];
  /** The path of the file, relative to the folder of recordings if it is inside; null if there is no file. */
  readonly file: string | null;
  /** What to do; empty if there is nothing to suggest. */
  readonly advice: string;
  /** The session, if it runs. */
  readonly running: RunningSession | null;
  /** Whether its payload can be read: with a folder of recordings, only after its file exists. */
  readonly isReadable: boolean;
  /** The ID of the session, if it was lost. */
  readonly lost: string | null;
}

/** What tiles are made of. */
export interface TileSource {
  readonly state: Pick<ListenerState, "listening" | "lost" | "absentStreams" | "unconnectedPulls">;
  readonly sessions: readonly RunningSession[];
}

/** Returns what the tiles show: running sessions, lost ones, pulls without a session, absent streams; those in trouble first. */
export function tileViews({ state, sessions }: TileSource): readonly TileView[] {
  const { listening: { out }, lost } = state;
  const views = [
    ...sessions.map((session) => runningView(session, out)),
    ...lost.map((end) => lostView(end, out)),
    ...(state.unconnectedPulls ?? []).map(unconnectedView),
    ...absentOnly(state).map(absentView),
  ];
  return [...views.filter((view) => view.isInTrouble), ...views.filter((view) => !view.isInTrouble)];
}

/** Returns the expected stream names that have no session and no other tile: that of a lost session or of a pull. */
export function absentOnly(
  { lost, absentStreams, unconnectedPulls = [] }: Pick<ListenerState, "lost" | "absentStreams" | "unconnectedPulls">,
): readonly string[] {
  const shown = new Set([...lost, ...unconnectedPulls].map(({ stream }) => stream));
  return absentStreams.filter((stream) => !shown.has(stream));
}

function runningView(session: RunningSession, folder: string | null): TileView {
  const { stream, caller, noDataForMs, recent, statistics, bytes, file } = session;
  const state: RowState = noDataForMs === null ? { kind: "running" } : { kind: "no-data", forMs: noDataForMs };
  const isRecorded = bytes !== null && hasPayload({ bytes, statistics });
  const received = bytes === null ? [] : isRecorded ? [formatBytes(bytes)] : ["no payload"];
  const missing = (recent?.missingPackets ?? 0) > 0 ? `MISSING ${recent?.missingPackets} packets in 10 s` : "";
  return {
    key: `${session.session}@${session.start}`,
    name: nameOf({ stream, caller }),
    state: stateText(state, { utc: false }) || missing,
    isInTrouble: isInTrouble({ state, recent }),
    rate: isRecorded ? formatRate(recent?.bitsPerSecond ?? session.bitsPerSecond ?? 0) : "",
    figures: isRecorded ? figuresOf(session) : [],
    facts: [
      formatEndpoint(caller),
      formatDuration(session.durationMs),
      ...received,
      ...(session.encrypted ? [`AES-${session.keyLength * 8}`] : []),
    ],
    file: file === null ? null : fileText(file, folder),
    advice: "",
    running: session,
    isReadable: file !== null || folder === null,
    lost: null,
  };
}

function figuresOf({ statistics, recent, lastMissing, latencyMs, ts }: RunningSession): readonly Figure[] {
  if (statistics === null) return [];
  const { pktRcvDropTotal: missing, msRTT } = statistics;
  const last = lastMissing === null ? "" : `, last ${formatClock(lastMissing, { utc: false })}`;
  const errors = tsCell({ ts });
  return [
    { name: "RTT", text: `${msRTT.toFixed(1)} ms`, isBad: false },
    { name: "LATENCY", text: `${latencyMs} ms`, isBad: false },
    {
      name: "RECOVERED",
      text: `${recoveredPackets(statistics)}${recentText(recent?.recoveredPackets)}`,
      isBad: false,
    },
    { name: "MISSING", text: `${missing}${recentText(recent?.missingPackets)}${last}`, isBad: missing > 0 },
    { name: "TS", text: tsFigure(errors), isBad: errors !== "ok" && errors !== null },
  ];
}

function tsFigure(errors: ReturnType<typeof tsCell>): string {
  if (errors === null) return "-";
  return typeof errors === "number" ? `${errors} errors` : errors;
}

function lostView(end: SessionEndEvent, folder: string | null): TileView {
  const state: RowState = { kind: "lost", end };
  return {
    key: `lost ${end.session}@${end.time}`,
    name: nameOf(end),
    state: stateText(state, { utc: false }),
    isInTrouble: true,
    rate: "",
    figures: [],
    facts: [end.text, formatEndpoint(end.caller), formatDuration(end.durationMs), formatBytes(end.bytes)],
    file: end.file === null ? null : fileText(end.file, folder),
    advice: end.advice,
    running: null,
    isReadable: false,
    lost: end.session,
  };
}

function unconnectedView({ stream, listener, text, advice, ...pull }: UnconnectedPull): TileView {
  return {
    key: `unconnected ${stream}`,
    name: escapeText(stream),
    state: stateText({ kind: "unconnected", ...pull }, { utc: false }),
    isInTrouble: true,
    rate: "",
    figures: [],
    facts: [text, listener].map(escapeText),
    file: null,
    advice: escapeText(advice),
    running: null,
    isReadable: false,
    lost: null,
  };
}

function absentView(stream: string): TileView {
  return {
    key: `absent ${stream}`,
    name: escapeText(stream),
    state: stateText({ kind: "absent" }, { utc: false }),
    isInTrouble: true,
    rate: "",
    figures: [],
    facts: ["expected (--expect-streams), and not connected"],
    file: null,
    advice: "",
    running: null,
    isReadable: false,
    lost: null,
  };
}

function nameOf({ stream, caller }: Pick<SessionEndEvent, "stream" | "caller">): string {
  return stream === null ? formatEndpoint(caller) : escapeText(stream);
}

/** Returns a path for display: relative to the folder of recordings if the file is inside. */
export function fileText(file: string, folder: string | null): string {
  return escapeText(folder !== null && file.startsWith(`${folder}/`) ? file.slice(folder.length + 1) : file);
}

/** TS health of a running session; null if it is not known. */
export function healthOf({ running }: TileView): TsHealth | null {
  return running?.ts ?? null;
}
