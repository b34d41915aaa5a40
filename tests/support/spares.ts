/**
 * The spares of a listener that was started with `--verbose`.
 *
 * @module
 */

import { childrenOf, waitUntil } from "./processes.ts";
import type { Splitter } from "./splitter.ts";

/** Waits until `amount` spares have begun to wait since the start, including those that have ended since. */
export async function waitForSpares(splitter: Splitter, amount: number): Promise<void> {
  await waitUntil(`${amount} spares`, () => waited(splitter).length >= amount);
}

/** Process IDs of the spares that wait now: children that wait for a caller and have none yet. */
export function sparesOf(splitter: Splitter): readonly number[] {
  const sessions = new Set(splitter.eventsNamed("session-start").map(({ pid }) => pid));
  const children = childrenOf(splitter.pid);
  return waited(splitter).filter((pid) => children.includes(pid) && !sessions.has(pid));
}

function waited({ errors }: Splitter): readonly number[] {
  return errors.flatMap((line) => {
    const [, pid] = /spare process (\d+) waits for a caller$/.exec(line) ?? [];
    return pid === undefined ? [] : [Number(pid)];
  });
}
