/**
 * The sessions that run or are being started: their children, and what admission has to know of them.
 *
 * @module
 */

import type { RunningSession } from "../admission/judge_limits.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { SessionChild } from "../handoff/session_child.ts";

/** A child and what changes while it lives. */
interface Entry {
  readonly child: SessionChild;
  readonly ticket: Ticket;
  readonly takesOver: readonly string[];
  proven: boolean;
  replaced: boolean;
}

/** Keeps the sessions under their IDs. */
export class RunningSessions {
  readonly #entries = new Map<string, Entry>();

  /** How many there are. */
  get count(): number {
    return this.#entries.size;
  }

  /** Their children. */
  get children(): readonly SessionChild[] {
    return Array.from(this.#entries.values(), ({ child }) => child);
  }

  /** As admission looks at them. */
  get forAdmission(): readonly RunningSession[] {
    return Array.from(this.#entries.values(), ({ ticket: { session, caller, stream }, proven, replaced }) => {
      return { session, ...caller, stream, proven, replaced };
    });
  }

  /** Adds one. `proven`: its caller has brought back a secret cookie. `takesOver`: whose place it takes once its session stands. */
  add(ticket: Ticket, options: Pick<Entry, "child" | "proven" | "takesOver">): void {
    this.#entries.set(ticket.session, { ...options, ticket, replaced: false });
  }

  /** Its caller has shown within its session that it is real. */
  prove(session: string): void {
    const entry = this.#entries.get(session);
    if (entry === undefined) return;
    entry.proven = true;
    for (const other of entry.takesOver) this.replace(other);
  }

  /** Tells it to end because another one takes its place; it counts no more from now on. */
  replace(session: string): void {
    const entry = this.#entries.get(session);
    if (entry === undefined || entry.replaced) return;
    entry.replaced = true;
    entry.child.replace();
  }

  /** Its process is gone. */
  remove(session: string): void {
    this.#entries.delete(session);
  }
}
