/**
 * The state of a listener with two running sessions, one of them without figures.
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
    unconnectedPulls: [
      {
        stream: "cam8",
        listener: "srt://192.0.2.9:9000",
        reason: 16,
        text: "no answer",
        advice: "",
        nextCallMs: 12_500,
      },
      {
        stream: "cam9",
        listener: "srt://192.0.2.9:9001",
        reason: null,
        text: "the disk is full",
        advice: "",
        nextCallMs: null,
      },
    ],
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
