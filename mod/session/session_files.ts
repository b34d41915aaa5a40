/**
 * What happens to a session's files while it runs: reported to the listener, and written into sidecars.
 *
 * @module
 */

import type { ChildMessage } from "../handoff/child_message.ts";
import type { Ticket } from "../handoff/contract.ts";
import type { RecordingEvent } from "../recording/recording_event.ts";
import type { SegmentEvent, SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import { type SidecarOptions, Sidecars } from "./sidecar.ts";
import type { PayloadAnalysis } from "./payload_analysis.ts";

/** How long the disk may take for the last sidecar. */
const SIDECAR_MS = 2000;
/** How long manifests may take: less than the listener waits for a process that has reported its end (5 s). */
const MANIFEST_MS = 4000;

/** Where the changes go, and the analysis of the payload. */
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
  /** The first file; null before it is open. */
  #opened: Extract<RecordingEvent, { readonly kind: "opened" }> | null = null;

  constructor(ticket: Ticket, options: SessionFilesOptions) {
    this.#ticket = ticket;
    this.#options = options;
  }

  /** Begins the sidecars. Called after `start` was reported, which has the session's file if that is open already. */
  begin(start: SessionStartEvent, facts: Pick<SidecarOptions, "recording" | "clockSteps">): void {
    const { analysis, warn } = this.#options;
    const now = () => performance.now();
    this.#sidecars = new Sidecars({ ...facts, sink: this.#ticket.sink, start, startMs: now(), now, analysis, warn });
    if (this.#opened !== null) this.#sidecars.handle(this.#opened);
  }

  /** Handles a change of the recording. */
  handle(event: RecordingEvent): void {
    const { emit, warn, analysis } = this.#options;
    this.#sidecars?.handle(event);
    switch (event.kind) {
      case "opened":
        this.#opened = event;
        if (event.rejoined !== undefined) analysis.continueFile(event.rejoined.sidecar);
        if (this.#sidecars !== null) {
          const text = event.rejoined === undefined
            ? "the disk was slow to create the file"
            : `it continues the recording of ${event.rejoined.sidecar.session}`;
          this.#segment({ ...event, previous: null, previousGone: false, text });
        }
        break;
      case "next-file":
        this.#segment({ ...event, previousGone: event.isPreviousGone });
        if (event.cause === "order") {
          const problem =
            `${event.previous} was removed, replaced, moved or changed before; the recording continues in ${event.file}`;
          emit({
            event: "cut",
            file: event.file,
            previous: event.isPreviousGone ? null : event.previous,
            problem: event.isPreviousGone ? problem : null,
          });
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
        warn(`${event.text}; the next session with this stream name gets a new file`);
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

  /** Bytes that the first file had before this session. */
  get earlierBytes(): number {
    return this.#opened?.rejoined?.sidecar.bytes ?? 0;
  }

  #segment(
    { file, previous, previousGone, text }: Pick<SegmentEvent, "file" | "previous" | "previousGone" | "text">,
  ): void {
    const { session, stream } = this.#ticket;
    const time = new Date().toISOString();
    const earlierBytes = previous === null ? this.earlierBytes : 0;
    this.#options.emit({ event: "segment", time, session, stream, file, previous, previousGone, earlierBytes, text });
  }
}
