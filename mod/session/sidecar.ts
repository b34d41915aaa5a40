/**
 * A session's sidecar: begun with its recording, finished with its end.
 *
 * @module
 */

import type { Ticket } from "../handoff/contract.ts";
import { beginSidecar, finishSidecar, removeSidecar, SidecarError } from "../recording/sidecar_file.ts";
import { SIDECAR_SCHEMA_VERSION } from "../vocabulary/values.ts";
import type { SidecarStart } from "../vocabulary/sidecar.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import type { Watch } from "./watch.ts";

/** The sidecar of one recording. */
export interface SessionSidecar {
  /** The recording is closed: says what became of it, or goes with it where there is none. */
  finish(end: SessionEndEvent, watch: Watch): void;
}

/** Begins a sidecar where the ticket wants one. `warn` is told why one cannot be written. */
export function openSidecar(
  event: SessionStartEvent,
  { sink }: Ticket,
  warn: (text: string) => void,
): SessionSidecar {
  const recording = event.file;
  if (recording === null || sink.kind !== "file" || !sink.sidecar) return { finish: () => {} };
  const start = sidecarStart(event, recording);
  /** True where `act` succeeded; `otherwise` says what is so where it did not. */
  function attempt(act: () => void, otherwise: string): boolean {
    try {
      act();
      return true;
    } catch (error) {
      if (!(error instanceof SidecarError)) throw error;
      warn(`${error.message}; ${otherwise}`);
      return false;
    }
  }
  const begun = attempt(
    () => void beginSidecar(recording, start, sink.checksum),
    "the recording goes on without it, and its end tries again",
  );
  const unfinished = begun
    ? `the recording is not touched by this; srt-splitter recover ${sink.directory} finishes it as soon as that is possible`
    : "the recording is not touched by this, and has no sidecar";
  return {
    finish: ({ time, reason, text, durationMs, bytes, statistics, ts, file }, watch) => {
      if (file === null) {
        attempt(() => removeSidecar(recording), "it can be removed by hand: its recording is not there");
        return;
      }
      const losses = watch.losses?.summary() ?? null;
      const checksum = watch.checksum();
      const end = { end: time, reason, text, durationMs, bytes, statistics, losses, ts, checksum };
      attempt(() => finishSidecar(recording, { state: "final", ...start, ...end }), unfinished);
    },
  };
}

function sidecarStart(event: SessionStartEvent, recording: string): SidecarStart {
  const { session, caller, local, stream, streamId, srtVersion, latencyMs, encrypted, keyLength, time } = event;
  return {
    schema: SIDECAR_SCHEMA_VERSION,
    file: recording.slice(recording.lastIndexOf("/") + 1),
    session,
    caller,
    local,
    stream,
    streamId,
    srtVersion,
    latencyMs,
    encrypted,
    keyLength,
    start: time,
  };
}
