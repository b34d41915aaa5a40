/**
 * What happens to a session's files while it runs: reported to the listener, and written into sidecars.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { RecordingEvent } from "../recording/recording_event.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import { type SidecarOptions, Sidecars } from "./sidecar.ts";
import type { PayloadAnalysis } from "./payload_analysis.ts";

/** How long the disk may take for the last sidecar. */
const SIDECAR_MS = 2000;
/** How long manifests may take: less than the listener waits for a process that has reported its end (5 s). */
const MANIFEST_MS = 4000;

/** Where the changes go. */
export interface SessionFilesOptions {
  readonly analysis: PayloadAnalysis;
  readonly emit: (message: ChildMessage) => void;
  readonly warn: (text: string) => void;
}

/** Follows the files of one session. */
export class SessionFiles {
  readonly #ticket: Ticket;
  readonly #options: SessionFilesOptions;
  #sidecars: Sidecars | null = null;

  constructor(ticket: Ticket, options: SessionFilesOptions) {
    this.#ticket = ticket;
    this.#options = options;
  }

  /** Begins the sidecars. Called after `start` was reported, which has the session's file if that is open already. */
  begin(start: SessionStartEvent, facts: Pick<SidecarOptions, "recording" | "clockSteps">): void {
    const { analysis, warn } = this.#options;
    const now = () => performance.now();
    this.#sidecars = new Sidecars({ ...facts, sink: this.#ticket.sink, start, startMs: now(), now, analysis, warn });
    if (start.file !== null) this.#sidecars.handle({ kind: "opened", file: start.file });
  }

  /** Handles a change of the recording. */
  handle(event: RecordingEvent): void {
    const { emit, warn } = this.#options;
    this.#sidecars?.handle(event);
    switch (event.kind) {
      case "opened":
        if (this.#sidecars !== null) {
          this.#segment({ ...event, previous: null, text: "the disk was slow to create the file" });
        }
        break;
      case "next-file":
        this.#segment(event);
        if (event.cause === "order") {
          emit({ event: "cut", file: event.file, previous: event.previous, problem: null });
        }
        break;
      case "not-cut":
        warn(event.text);
        if (event.isOrdered) emit({ event: "cut", file: null, previous: null, problem: event.text });
        break;
      case "stalled":
      case "resumed":
        warn(event.text);
        break;
      case "gone":
        warn(`${event.text}; the next call of this caller gets a new file`);
        break;
      case "failed": // ends the session, whose end reports the error
        emit({ event: "recording-failed" });
        break;
      default:
        event satisfies never;
    }
  }

  /** Completes the sidecars. Called after the session has ended and its files are closed. */
  async finish(end: SessionEndEvent): Promise<void> {
    await this.#sidecars?.finish(end, SIDECAR_MS);
  }

  /** Waits for the manifests, after the end of the session was reported. */
  async finishManifests(): Promise<void> {
    await this.#sidecars?.finishManifests(MANIFEST_MS);
  }

  #segment(
    { file, previous, text }: { readonly file: string; readonly previous: string | null; readonly text: string },
  ): void {
    const { session, stream } = this.#ticket;
    const time = new Date().toISOString();
    this.#options.emit({ event: "segment", time, session, stream, file, previous, text });
  }
}
