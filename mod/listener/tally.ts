/**
 * What happened in a run, in numbers: for the summary and the exit code.
 *
 * @module
 */

import { isCleanEnd } from "../vocabulary/values.ts";
import type { SessionEndEvent } from "../vocabulary/events.ts";

/** Counts sessions as they begin and end. */
export class Tally {
  #sessions = 0;
  #failed = 0;
  #bytes = 0;

  /** Sessions that began. */
  get sessions(): number {
    return this.#sessions;
  }

  /** Sessions that failed. */
  get failed(): number {
    return this.#failed;
  }

  /** Payload bytes of the sessions that ended. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A caller was accepted. */
  begin(): void {
    this.#sessions += 1;
  }

  /** A session is over. */
  end({ reason, bytes }: SessionEndEvent): void {
    if (!isCleanEnd(reason)) this.#failed += 1;
    this.#bytes += bytes;
  }
}
