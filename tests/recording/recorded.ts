/**
 * A recording under test, and files with faults.
 *
 * @module
 */

import { createNewFile, type NewFile } from "../../mod/os/new_file.ts";
import { Recording, type RecordingOptions, type SinkRequest } from "../../mod/recording/recording.ts";
import type { RecordingEvent } from "../../mod/recording/recording_event.ts";
import type { CreateFile, DiskFile } from "../../mod/recording/recording_file.ts";
import { namesOf } from "./names_of.ts";
import { within } from "../support/deadline.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** When the recordings begin. */
export const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5);
/** The same in a file name. */
export const STAMP = "2026-01-02_03-04-05";

/** A recording, with all that it reports. */
export class Recorded {
  readonly events: RecordingEvent[] = [];
  /** For each file, the bytes that the tap got. The recording calls the tap with payload that was written. */
  readonly tapped: number[][] = [[]];
  readonly recording: Recording;
  #waiting: (() => void)[] = [];

  constructor(request: SinkRequest, options: Partial<RecordingOptions> = {}) {
    this.recording = Recording.start(request, {
      startMs: START_MS,
      now: () => performance.now(),
      onEvent: (event) => {
        this.events.push(event);
        if (event.kind === "next-file") this.tapped.push([]);
        for (const wake of this.#waiting) wake();
      },
      taps: [(payload) => {
        for (const byte of payload) this.tapped.at(-1)?.push(byte);
      }],
      tickMs: 10,
      ...options,
    });
  }

  /** Waits for the first event of a kind; returns at once if it was already reported. */
  async event(kind: RecordingEvent["kind"]): Promise<RecordingEvent> {
    while (true) {
      const event = this.events.find((event) => event.kind === kind);
      if (event !== undefined) return event;
      await within(new Promise<void>((resolve) => this.#waiting.push(resolve)), `the event ${kind}`);
    }
  }

  /** Names of the files, as the recording gives them. */
  names(): readonly string[] {
    return this.recording.files.map((file) => file.slice(file.lastIndexOf("/") + 1));
  }
}

export function recordIn(folder: TemporaryFolder, options: Partial<RecordingOptions> = {}, name = "cam"): Recorded {
  return new Recorded({ kind: "file", directory: folder.path, names: namesOf(name) }, options);
}

/** Records `payload` as a receiver does: one batch, or several if it is longer than the memory for one. */
export function write(recording: Recording, payload: Uint8Array<ArrayBuffer>): void {
  for (let rest = payload; rest.length > 0;) {
    const room = recording.room(1);
    const bytes = Math.min(rest.length, room.length);
    room.set(rest.subarray(0, bytes));
    recording.take(bytes);
    rest = rest.subarray(bytes);
  }
}

/** `length` bytes that count up from `start`. */
export function bytesFrom(start: number, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (start + index) % 251);
}

/** Creates files, with some of their calls replaced. */
export function createWith(calls: (file: NewFile) => Partial<DiskFile>): CreateFile {
  return async (path) => {
    const file = await createNewFile(path);
    return {
      write: (bytes) => file.write(bytes),
      syncData: () => file.syncData(),
      truncate: (length) => file.truncate(length),
      stat: () => file.stat(),
      lock: () => file.lock(),
      close: () => file.close(),
      ...calls(file),
    };
  };
}

/** Creates files that accept `limit` bytes, as on a file system with such a limit. */
export function createLimited(limit: number): CreateFile {
  return createWith((file) => {
    let size = 0;
    return {
      write: async (bytes) => {
        if (size >= limit) throw new Error("File too large (os error 27)");
        const written = await file.write(bytes.subarray(0, limit - size));
        size += written;
        return written;
      },
    };
  });
}
