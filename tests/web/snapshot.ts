/**
 * The state of a listener with two sessions, one of them without figures.
 *
 * @module
 */

import type { ListenerSnapshot } from "../../mod/web/listener_client.ts";
import { DISK, END, LISTENING, START, STATS } from "../report/events_of_a_run.ts";

export const SNAPSHOT: ListenerSnapshot = {
  answer: "state",
  pid: 1,
  state: {
    listening: LISTENING,
    durationMs: 1000,
    counts: { sessions: 3, attempts: 2, failed: 1, refused: 5, refusedByStop: 1, bytes: 7 },
    receivedBytes: 9,
    refusals: [
      { reason: 1403, name: "SRT_REJX_FORBIDDEN", times: 4 },
      { reason: null, name: null, times: 1 },
    ],
    disk: DISK,
    stopping: null,
    lost: [END],
    absentStreams: ['a\\b"c\nd'],
  },
  sessions: [
    { start: START, adopted: false, proven: true, durationMs: 1500, file: null, figures: STATS },
    {
      start: { ...START, session: "s2", stream: null },
      adopted: false,
      proven: false,
      durationMs: 1,
      file: null,
      figures: null,
    },
  ],
};
