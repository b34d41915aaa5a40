/**
 * The sidecars of a session: JSON files that describe its recording, one for each file of it, begun with the file and finished
 * with it.
 *
 * The session waits for no disk operation until it ends, so that a slow disk does not delay it.
 *
 * @module
 */

import type { SinkTicket } from "../handoff/contract.ts";
import { withDeadline } from "../os/deadline.ts";
import { folderOf, nameOf } from "../os/path.ts";
import { relativePath } from "../recording/file_name.ts";
import type { Dropped, Recording } from "../recording/recording.ts";
import type { NextFile, RecordingEvent, Rejoined } from "../recording/recording_event.ts";
import { callerFields, SidecarError, SidecarFile, sidecarPath, writeFinalSidecar } from "../recording/sidecar_file.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import type { ClockStep, DiskGap, FinalSidecar, SidecarStart } from "../vocabulary/sidecar.ts";
import { SIDECAR_SCHEMA_VERSION } from "../vocabulary/values.ts";
import type { PayloadAnalysis } from "./payload_analysis.ts";

/** What sidecars need from their session. */
export interface SidecarOptions {
  readonly sink: SinkTicket;
  /** The session as it began, at the same moment as `startMs`. */
  readonly start: SessionStartEvent;
  /** Start of the session, in ms of a monotonic clock. */
  readonly startMs: number;
  /** The same clock. */
  readonly now: () => number;
  readonly analysis: PayloadAnalysis;
  readonly recording: Pick<Recording, "dropped" | "unsafe">;
  /** Steps of the wall clock so far. */
  readonly clockSteps: () => readonly ClockStep[];
  /** Reports a condition that does not end the session. */
  readonly warn: (text: string) => void;
}

/** The file that is being recorded. */
interface CurrentFile {
  readonly path: string;
  /** Number in the session, from 1. */
  readonly segment: number;
  /** Path of the session's first file. */
  readonly first: string;
  readonly start: SidecarStart;
  /** When it began, in ms of the clock. */
  readonly startMs: number;
  /** Bytes of the recording before it. */
  readonly offset: number;
  /** The sidecar of the file as an earlier session left it, if this session continues that file; null for a new file. */
  readonly earlier: FinalSidecar | null;
  /** Null if its sidecar could not be created. */
  readonly sidecar: Promise<SidecarFile | null>;
}

/** How a file ends, without the analysis of its payload. */
type FileEnd = Pick<FinalSidecar, "end" | "next" | "reason" | "text" | "durationMs" | "bytes" | "statistics">;

/** The sidecars of one session. Does nothing without a recording or if no sidecars are wanted. */
export class Sidecars {
  readonly #options: SidecarOptions;
  #current: CurrentFile | null = null;
  /** Finishing of earlier files. */
  #finishing: Promise<void> = Promise.resolve();
  /** Adding of complete files to manifests. */
  #listing: Promise<void> = Promise.resolve();
  /** Whether the disk did not answer in time. This was reported, so later errors are not. */
  #isGivenUp = false;

  constructor(options: SidecarOptions) {
    this.#options = options;
  }

  /** Handles an event of the recording. Call it when the event occurs, because the end of a file gets the current time. */
  handle(event: RecordingEvent): void {
    const { sink } = this.#options;
    if (sink.kind !== "file" || !sink.sidecar) return;
    if (event.kind === "opened") this.#begin(event.file, null, event.rejoined ?? null);
    if (event.kind === "next-file") {
      const ended = this.#current;
      if (ended !== null) {
        const finished = event.isPreviousGone
          ? this.#dismiss(ended, event)
          : this.#finish(ended, this.#endOf(ended, event));
        this.#finishing = Promise.all([this.#finishing, finished]).then(() => {});
      }
      this.#begin(event.file, event, null);
    }
  }

  /**
   * The recording is closed: finishes the last sidecar, or removes it if its file is gone or was changed, and waits for those of
   * earlier files. If the disk does not answer, warns instead.
   *
   * @param deadlineMs How long to wait for the disk.
   */
  async finish(end: SessionEndEvent, deadlineMs: number): Promise<void> {
    const current = this.#current;
    if (current === null) return;
    if (this.#options.recording.unsafe !== null) {
      this.#isGivenUp = true;
      current.sidecar.then((begun) => begun?.[Symbol.asyncDispose]());
      this.#options.warn(
        `${sidecarPath(current.path)} is incomplete: the disk does not answer\n${this.#recoverHint()}`,
      );
      return;
    }
    const last = end.files.includes(current.path)
      ? this.#finish(current, {
        ...end,
        end: end.time,
        next: null,
        durationMs: end.durationMs - Math.round(current.startMs - this.#options.startMs),
        bytes: end.bytes - current.offset,
      })
      : this.#remove(current);
    if (await withDeadline(Promise.all([this.#finishing, last]), deadlineMs) !== "late") return;
    this.#isGivenUp = true;
    this.#options.warn(
      `cannot complete ${sidecarPath(current.path)}: the disk does not answer\n${this.#recoverHint()}`,
    );
  }

  /**
   * Waits until each complete file that has a checksum is in the manifest (the list of checksums) of its folder, which other
   * sessions may be changing.
   *
   * @param deadlineMs How long to wait.
   */
  async finishManifests(deadlineMs: number): Promise<void> {
    if (await withDeadline(this.#listing, deadlineMs) !== "late") return;
    this.#isGivenUp = true;
    const { sink } = this.#options;
    const folder = sink.kind === "file" ? sink.directory : "";
    this.#options.warn(
      `a recording is missing from its manifest, which cannot be changed now: ${folder}\n${this.#recoverHint()}`,
    );
  }

  #begin(path: string, previous: NextFile | null, rejoined: Rejoined | null): void {
    const { sink, start, startMs, now } = this.#options;
    const nowMs = previous === null ? startMs : now();
    const earlier = rejoined?.sidecar ?? null;
    const chain = earlier === null
      ? { path, segment: (this.#current?.segment ?? 0) + 1, first: this.#current?.first ?? path }
      : { path, segment: earlier.segment, first: absolutePath(path, earlier.first) };
    const timeZone = sink.kind === "file" ? sink.timeZone : null;
    const file = {
      ...chain,
      start: sidecarStart(start, { ...chain, previous, timeZone, afterMs: nowMs - startMs }),
      startMs: nowMs,
      offset: (this.#current?.offset ?? 0) + (previous?.previousBytes ?? 0),
      earlier,
    };
    const algorithm = sink.kind === "file" ? sink.checksum : null;
    const sidecar = rejoined !== null
      ? Promise.resolve(rejoined.running)
      : SidecarFile.begin(path, file.start, { algorithm })
        .catch((error) =>
          this.#report(error, "; the recording continues, and the sidecar is tried again when it ends")
        );
    this.#current = { ...file, sidecar };
  }

  #endOf(ended: CurrentFile, { file, previousBytes, text }: NextFile): FileEnd {
    const durationMs = Math.round(this.#options.now() - ended.startMs);
    return {
      end: new Date(Date.parse(ended.start.start) + durationMs).toISOString(),
      next: relativePath(ended.path, file),
      reason: "continued",
      text,
      durationMs,
      bytes: previousBytes,
      statistics: null,
    };
  }

  /** Finishes the sidecar of a file. What is known of the file is collected at once. */
  #finish(file: CurrentFile, { end, next, reason, text, durationMs, bytes, statistics }: FileEnd): Promise<void> {
    const { analysis, startMs, recording, clockSteps } = this.#options;
    const { start, offset } = file;
    const endOffset = next === null ? Infinity : offset + bytes;
    const gaps = recording.dropped.filter((gap) => gap.offset >= offset && gap.offset < endOffset);
    return this.#write(file, {
      state: "final",
      ...start,
      end,
      next,
      reason,
      text,
      durationMs,
      bytes,
      statistics,
      diskGaps: gaps.map((gap) => diskGap(gap, { startMs, offset })),
      clockSteps: [...clockSteps()],
      ...analysis.cut(endOffset),
      continuations: [],
    });
  }

  async #write(file: CurrentFile, own: FinalSidecar): Promise<void> {
    const final = file.earlier === null ? own : (await import("./join_sidecars.ts")).joinSidecars(file.earlier, own);
    await this.#writeSidecar(file, final);
    const value = final.checksum?.value ?? null;
    if (value === null) return;
    this.#listing = Promise.all([this.#listing, this.#addToManifest(file.path, value)]).then(() => {});
  }

  async #addToManifest(path: string, value: string): Promise<void> {
    const { addToManifest, ManifestError } = await import("../recording/manifest.ts"); // loaded only if there is a checksum
    try {
      await addToManifest(folderOf(path), [{ name: nameOf(path), value }]);
    } catch (error) {
      if (!(error instanceof ManifestError)) throw error;
      if (!this.#isGivenUp) {
        this.#options.warn(`${error.message}; ${nameOf(path)} is missing from it\n${this.#recoverHint()}`);
      }
    }
  }

  async #writeSidecar({ path, sidecar, earlier }: CurrentFile, final: FinalSidecar): Promise<void> {
    const begun = await sidecar;
    try {
      if (begun === null) await writeFinalSidecar(path, final, { replace: earlier !== null });
      else await begun.finish(final);
    } catch (error) {
      this.#report(
        error,
        begun === null ? "; the recording is not affected, and has no sidecar" : `\n${this.#recoverHint()}`,
      );
    }
  }

  /** Removes the sidecar of a file that was removed, replaced, moved or changed. */
  #dismiss(file: CurrentFile, { previousBytes }: NextFile): Promise<void> {
    this.#options.analysis.cut(file.offset + previousBytes);
    return this.#remove(file);
  }

  async #remove({ sidecar }: CurrentFile): Promise<void> {
    try {
      await (await sidecar)?.remove();
    } catch (error) {
      this.#report(error, "; remove it by hand: it describes no complete recording");
    }
  }

  #recoverHint(): string {
    const { sink } = this.#options;
    const folder = sink.kind === "file" ? sink.directory : "";
    return `complete it later: srt-splitter recover ${folder}`;
  }

  /** Warns of a sidecar that cannot be written. `rest` continues the message: what that means, or a hint in a line of its own. */
  #report(error: unknown, rest: string): null {
    if (!(error instanceof SidecarError)) throw error;
    if (!this.#isGivenUp) this.#options.warn(`${error.message}${rest}`);
    return null;
  }
}

function sidecarStart(
  start: SessionStartEvent,
  { path, segment, first, previous, timeZone, afterMs }: Pick<CurrentFile, "path" | "segment" | "first"> & {
    readonly previous: NextFile | null;
    readonly timeZone: string | null;
    readonly afterMs: number;
  },
): SidecarStart {
  const begin = new Date(Date.parse(start.time) + afterMs);
  return {
    schema: SIDECAR_SCHEMA_VERSION,
    file: nameOf(path),
    previous: previous === null ? null : relativePath(path, previous.previous),
    ...callerFields(start),
    start: begin.toISOString(),
    timeZone,
    utcOffsetMinutes: 0 - begin.getTimezoneOffset(),
    segment,
    first: relativePath(path, first),
  };
}

/** Describes a gap. `startMs`: start of the session. `offset`: bytes of the recording before the file. */
function diskGap(gap: Dropped, { startMs, offset }: { readonly startMs: number; readonly offset: number }): DiskGap {
  return {
    timeMs: Math.round(gap.sinceMs - startMs),
    durationMs: Math.round(gap.untilMs - gap.sinceMs),
    offset: gap.offset - offset,
    bytes: gap.bytes,
  };
}

/** Returns the absolute path of a file whose path is relative to the folder of `path`. */
function absolutePath(path: string, relative: string): string {
  const folders = folderOf(path).split("/");
  for (const part of relative.split("/")) {
    if (part === "..") folders.pop();
    else folders.push(part);
  }
  return folders.join("/");
}
