/**
 * What happens to a session's files while it runs: reported to the listener, and written into sidecars.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { RecordingEvent } from "../recording/recording_event.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import { openSidecar, type SessionSidecar } from "./sidecar.ts";
import type { Watch } from "./watch.ts";

/** Where the changes go. */
export interface SessionFilesOptions {
  readonly emit: (message: ChildMessage) => void;
  readonly warn: (text: string) => void;
}

/** Follows the files of one session. */
export class SessionFiles {
  readonly #ticket: Ticket;
  readonly #options: SessionFilesOptions;
  #start: SessionStartEvent | null = null;
  #sidecar: SessionSidecar | null = null;

  constructor(ticket: Ticket, options: SessionFilesOptions) {
    this.#ticket = ticket;
    this.#options = options;
  }

  /** The session's start was reported, with its file if that is open already. */
  begin(start: SessionStartEvent): void {
    this.#start = start;
    if (start.file !== null) this.#sidecar = openSidecar(start, this.#ticket, this.#options.warn);
  }

  /** Takes a change of the recording. */
  take(event: RecordingEvent): void {
    const { warn } = this.#options;
    switch (event.kind) {
      case "opened":
        if (this.#start !== null) {
          this.#segment({ ...event, previous: null, text: "the disk took long to create the file" });
        }
        break;
      case "next-file":
        this.#segment(event);
        break;
      case "stalled":
      case "resumed":
        warn(event.text);
        break;
      case "gone":
        warn(`${event.text}; the next call of this caller gets a new file`);
        break;
      case "failed": // ends the session, whose end reports it
        break;
      default:
        event satisfies never;
    }
  }

  /** The session is over, and its files are closed. */
  finish(end: SessionEndEvent, watch: Watch): void {
    this.#sidecar?.finish(end, watch);
  }

  #segment(
    { file, previous, text }: { readonly file: string; readonly previous: string | null; readonly text: string },
  ): void {
    const { session, stream } = this.#ticket;
    const { emit, warn } = this.#options;
    emit({ event: "segment", time: new Date().toISOString(), session, stream, file, previous, text });
    if (this.#start === null || this.#sidecar !== null) return;
    this.#sidecar = openSidecar({ ...this.#start, file }, this.#ticket, warn);
  }
}
