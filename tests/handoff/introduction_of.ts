/** The introduction of a child that records nothing, with changes. */
import { CONTRACT_VERSION } from "../../mod/handoff/contract.ts";
import type { Introduction } from "../../mod/handoff/introduction.ts";
import { START } from "../report/events_of_a_run.ts";

export function introductionOf(changes: Partial<Introduction> = {}): Introduction {
  return {
    hello: "session",
    contract: CONTRACT_VERSION,
    start: START,
    durationMs: 5000,
    socketId: 1,
    callerSocketId: 2,
    concludedMs: 3.5,
    sink: { kind: "none", directory: null, sidecar: false },
    hasOutputs: false,
    proven: true,
    recorded: false,
    files: [],
    omittedFiles: 0,
    stats: null,
    ...changes,
  };
}
