/** A running session as admission sees it, with changes. */
import type { RunningSession } from "../../mod/admission/judge_limits.ts";

export function sessionOf(changes: Partial<RunningSession> = {}): RunningSession {
  return {
    session: "s1",
    address: "192.0.2.1",
    port: 5000,
    stream: "cam1",
    ending: false,
    ...changes,
  };
}
