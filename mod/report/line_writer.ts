/**
 * Writes lines in order to a stream that may be slow or broken. Never blocks.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";

/** While this many texts are queued for a slow reader (about 1 MB), new ones that can be missed are dropped. */
const MAX_QUEUED = 4096;

/** Priorities of lines in the journal of systemd (`syslog(3)`). */
const PRIORITY = { error: 3, warning: 4, info: 6, debug: 7 } as const;

/** The priority of a line. */
export type Priority = keyof typeof PRIORITY;

/** Puts a priority for the journal, such as `<4>`, before each line (`sd-daemon(3)`). */
export function withPriority(text: string, priority: Priority): string {
  return text.replaceAll(/^(?=.)/gm, `<${PRIORITY[priority]}>`);
}

/** Queues the lines of one stream, which it does not own. */
export class LineWriter {
  readonly #writeAll: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  #queue: Promise<void> = Promise.resolve();
  #queued = 0;
  #broken = false;

  /** @param writeAll Writes all bytes; rejects once the stream is broken. */
  constructor(writeAll: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>) {
    this.#writeAll = writeAll;
  }

  /** Whether a write has failed. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /**
   * Queues a text. After the first failed write all texts are dropped.
   *
   * @param text Whole lines, the end of line included.
   * @param options `canBeMissed`: drop the text if too many are queued
   */
  write(text: string, { canBeMissed = false }: { readonly canBeMissed?: boolean } = {}): void {
    if (this.#broken || (canBeMissed && this.#queued >= MAX_QUEUED)) return;
    const bytes = new TextEncoder().encode(text);
    this.#queued += 1;
    this.#queue = this.#queue.then(() => this.#broken ? undefined : this.#writeAll(bytes)).catch(() => {
      this.#broken = true;
    }).finally(() => {
      this.#queued -= 1;
    });
  }

  /**
   * Waits until everything queued so far is written or dropped. Returns false if no text was written for `stalledMs`; null: waits as
   * long as it takes.
   */
  async flush(stalledMs: number | null): Promise<boolean> {
    const done = this.#queue;
    if (stalledMs === null) await done;
    else {
      let left = this.#queued;
      while (await withDeadline(done, stalledMs) === "late") {
        if (this.#queued >= left) return false;
        left = this.#queued;
      }
    }
    return true;
  }
}
