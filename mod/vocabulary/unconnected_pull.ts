/**
 * A listener that is called and has no session: its entry in the state of a run.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { PullFailedEvent } from "./events.ts";
import { count, nullable, text, type ValueOf } from "./schema.ts";

const { stream, listener, advice } = PullFailedEvent.properties;

/** The schema of {@linkcode UnconnectedPull}. */
export const UnconnectedPull = Type.Object({
  stream,
  listener,
  reason: nullable(
    count("SRT rejection reason."),
    "SRT rejection reason that the listener gave; 16 if it did not answer; null: another cause.",
  ),
  text: text("Why it has no session: why its last call has failed, or why its last session has ended."),
  advice,
  nextCallMs: nullable(count("Time in ms."), "Time until the next call in ms; null while it is called."),
}, { $id: "unconnectedPull", description: "A listener that is called, and has no session." });

/** A pull that has no session. */
export type UnconnectedPull = ValueOf<typeof UnconnectedPull>;
