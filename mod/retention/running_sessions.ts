/**
 * The running sessions and their files, according to the events.
 *
 * @module
 */

import type { SplitterEvent } from "../vocabulary/events.ts";
import { MIN_AGE_MS } from "./plan.ts";

interface RunningSession {
  readonly latencyMs: number;
  /** Absolute paths in order; the last file is being written. */
  readonly files: string[];
  /** The deleted ones of these files, with their bytes. */
  readonly deleted: Map<string, number>;
}

/** All running sessions. Times are those of a monotonic clock. */
export class RunningSessions {
  readonly #sessions = new Map<string, RunningSession>();
  /**
   * Files that were completed less than a minute ago, and when, in ms of the monotonic clock: the times in sidecars are of the wall
   * clock, which may have been set meanwhile.
   */
  readonly #complete = new Map<string, number>();

  /** Notes an event. Returns whether a file may have become complete. */
  note(event: SplitterEvent, nowMs: number): boolean {
    switch (event.event) {
      case "session-start":
        this.#sessions.set(event.session, {
          latencyMs: event.latencyMs,
          files: event.file === null ? [] : [event.file],
          deleted: new Map(),
        });
        return false;
      case "session-adopted":
        this.#sessions.set(event.session, { latencyMs: event.latencyMs, files: [...event.files], deleted: new Map() });
        return false;
      case "segment":
        this.#sessions.get(event.session)?.files.push(event.file);
        if (event.previous !== null) this.#complete.set(event.previous, nowMs);
        return true;
      case "deleted":
        for (const { files, deleted } of this.#sessions.values()) {
          if (files.includes(event.file)) deleted.set(event.file, event.bytes);
        }
        return false;
      case "session-end":
        this.#sessions.delete(event.session);
        if (event.file !== null) this.#complete.set(event.file, nowMs);
        return true;
      default:
        return false;
    }
  }

  /** The file that each session is writing; null if it has none yet. */
  get current(): ReadonlyMap<string, string | null> {
    return new Map(Array.from(this.#sessions, ([session, { files }]) => [session, files.at(-1) ?? null]));
  }

  /** Returns the bytes of an earlier file of a running session if it was deleted, otherwise null. */
  deletedBytes(file: string): number | null {
    for (const { deleted } of this.#sessions.values()) {
      const bytes = deleted.get(file);
      if (bytes !== undefined) return bytes;
    }
    return null;
  }

  /** All files of the running sessions. */
  get files(): ReadonlySet<string> {
    return new Set(Array.from(this.#sessions.values(), ({ files }) => files).flat());
  }

  /** The longest latency of a running session, in ms; 0 if none runs. */
  get longestLatencyMs(): number {
    return Math.max(0, ...Array.from(this.#sessions.values(), ({ latencyMs }) => latencyMs));
  }

  /** Returns whether the file was completed less than a minute ago. */
  isFresh(path: string, nowMs: number): boolean {
    for (const [file, ms] of this.#complete) {
      if (nowMs - ms >= MIN_AGE_MS) this.#complete.delete(file);
    }
    return this.#complete.has(path);
  }
}
