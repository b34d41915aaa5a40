/**
 * The run state that a list of events leads to.
 *
 * @module
 */

import { RunState } from "../../mod/run/run_state.ts";
import type { SplitterEvent } from "../../mod/vocabulary/events.ts";

/** Applies `events` in order, the first at 0 ms and each `stepMs` after the one before. */
export function stateOf(
  events: readonly SplitterEvent[],
  { keepsAll = true, stepMs = 0 }: { readonly keepsAll?: boolean; readonly stepMs?: number } = {},
): RunState {
  const state = new RunState({ keepsAll });
  events.forEach((event, index) => state.apply(event, index * stepMs));
  return state;
}
