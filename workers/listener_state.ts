/**
 * The state of a run, in the form in which commands get it over the control socket.
 *
 * @module
 */

import type { ListedSession, ListenerState } from "../mod/handoff/control_message.ts";
import type { RunState } from "../mod/run/run_state.ts";

/** Returns the running sessions. */
export function listedSessions({ running }: RunState): readonly ListedSession[] {
  const nowMs = performance.now();
  return running.map(({ startMs, end: _end, figures, noDataSinceMs, ...session }) => ({
    ...session,
    durationMs: Math.round(nowMs - startMs),
    figures: figures?.event === "stats" ? figures : null,
    noDataForMs: noDataSinceMs === null ? null : Math.round(nowMs - noDataSinceMs),
  }));
}

/** Returns the state; null before the event `listening`. */
export function listenerState(state: RunState): ListenerState | null {
  const { listening, listeningMs, counts, receivedBytes, refusalCounts, disk, stopping, lost, absentStreams } = state;
  const { unconnectedPulls } = state;
  if (listening === null || listeningMs === null) return null;
  return {
    listening,
    durationMs: Math.round(performance.now() - listeningMs),
    counts,
    receivedBytes,
    refusals: refusalCounts,
    disk,
    stopping,
    lost: lost.flatMap(({ end }) => end === null ? [] : [end]),
    absentStreams,
    unconnectedPulls: [...unconnectedPulls],
  };
}
