/**
 * The sessions of an earlier listener that this one may still adopt.
 *
 * @module
 */

import { sessionNumbers } from "../handoff/control_name.ts";
import { pause } from "../os/deadline.ts";

/** How often children try to reach a listener, and how often their names are read here. */
const CHECK_MS = 250;
/** Minimum wait. Our choice: a running child may hold no name, for example because no descriptor was left for it. */
const SHORTEST_MS = 1500;
/** Maximum wait. Our choice: a listener kills the process of a session that does not respond for this long. */
const LONGEST_MS = 30_000;

/** What is needed to know when no session of an earlier listener is expected any more. */
export interface EarlierSessionsOptions {
  /** Name of the control socket. */
  readonly control: string;
  /** The largest number that an earlier session has. */
  readonly lastNumber: number;
  /** Lists the names of Unix sockets that begin with a text. */
  readonly listNames: (prefix: string) => readonly string[];
  /** Reports whether this listener has had a session with this number. */
  readonly isKnown: (number: number) => boolean;
  /** Reports whether the wait is not needed any more. */
  readonly isOver: () => boolean;
  /** Waits for a time in ms; {@linkcode pause} unless given. */
  readonly wait?: (ms: number) => Promise<void>;
}

/** Waits until each session of an earlier listener has been adopted or has ended, at least 1.5 s and at most 30 s. */
export async function untilAdopted(
  { control, lastNumber, listNames, isKnown, isOver, wait = pause }: EarlierSessionsOptions,
): Promise<void> {
  const isAwaited = (number: number) => number <= lastNumber && !isKnown(number);
  for (let waitedMs = 0; waitedMs < LONGEST_MS && !isOver(); waitedMs += CHECK_MS) {
    if (waitedMs >= SHORTEST_MS && !sessionNumbers(control, listNames(control)).some(isAwaited)) return;
    await wait(CHECK_MS);
  }
}
