/**
 * The spares (processes that wait for a caller) of a listener that was started with `--verbose`.
 *
 * @module
 */

import { childrenOf, waitUntil } from "./processes.ts";
import type { Splitter } from "./splitter.ts";

/** Waits until `count` spares of this run have begun to wait. Those that have ended meanwhile count too. */
export async function waitForSpares(splitter: Splitter, count: number): Promise<void> {
  await waitUntil(`${count} spares`, () => reportedSpares(splitter).length >= count);
}

/** Process IDs of the spares that wait now: children that wait for a caller and have none yet. */
export function sparesOf(splitter: Splitter): readonly number[] {
  const sessions = new Set(splitter.eventsNamed("session-start").map(({ pid }) => pid));
  const children = childrenOf(splitter.pid);
  return reportedSpares(splitter).filter((pid) => children.includes(pid) && !sessions.has(pid));
}

function reportedSpares({ errors }: Splitter): readonly number[] {
  return errors.flatMap((line) => {
    const [, pid] = /spare process (\d+) waits for a caller$/.exec(line) ?? [];
    return pid === undefined ? [] : [Number(pid)];
  });
}
