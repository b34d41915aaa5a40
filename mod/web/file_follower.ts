/**
 * Reads a growing recording, file after file, until its session ends. The process of the session is not involved.
 *
 * @module
 */

import { dirname, join } from "node:path";
import { sleep } from "../os/timer.ts";
import { sidecarPath } from "../recording/sidecar_file.ts";
import { liveStart } from "./live_start.ts";
import type { LiveSource } from "./session_feed.ts";

/** How often the end of the file is read again. Our choice. */
const POLL_MS = 100;

/** How long the sidecar of a complete file may take to name the file that follows. Our choice: the disk may be slow. */
const SIDECAR_MS = 5000;

/** Bytes that are read at a time. */
const CHUNK_BYTES = 262_144;

/** Returns the file that the session writes now; null: it has ended. `unknown`: the listener does not answer. */
export type CurrentFile = () => Promise<string | null | "unknown">;

/** What following needs. */
export interface FollowOptions {
  readonly currentFile: CurrentFile;
  /** Whether to end at the end of the file instead of waiting for more. */
  readonly isClosing: () => boolean;
}

/** One viewer of a recording. Owns its open file. */
export class FileFollower implements LiveSource {
  readonly #options: FollowOptions;
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #file: Deno.FsFile;
  #path: string;
  /** When the end of this file was first reached after the session had stopped writing it; null: not yet. */
  #behindSinceMs: number | null = null;
  #isClosed = false;

  private constructor(file: Deno.FsFile, path: string, options: FollowOptions) {
    this.#file = file;
    this.#path = path;
    this.#options = options;
  }

  /**
   * Opens a recording at its last random-access point.
   *
   * @param path Absolute path of the file that the session writes.
   * @throws {Deno.errors.NotFound | Deno.errors.PermissionDenied} The file cannot be read.
   */
  static async open(path: string, options: FollowOptions): Promise<FileFollower> {
    const file = await Deno.open(path);
    try {
      await file.seek(await liveStart(file), Deno.SeekMode.Start);
    } catch (error) {
      file.close();
      throw error;
    }
    return new FileFollower(file, path, options);
  }

  /** @throws {Error} A file cannot be read. */
  async next(): Promise<Uint8Array<ArrayBuffer> | null> {
    const { currentFile, isClosing } = this.#options;
    while (!this.#isClosed) {
      const present = isClosing() ? null : await currentFile();
      // the file is read after this answer: if the session has ended, all its payload is in the file
      const bytes = await this.#read();
      if (bytes !== null) return bytes;
      if (isClosing() || this.#isClosed) return null;
      const following = present === "unknown" || present === this.#path ? "wait" : await this.#following(present);
      if (following === null) return null;
      if (following === "wait") await sleep(POLL_MS);
      else await this.#continueWith(following);
    }
    return null;
  }

  /** Closes the file. Idempotent. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#file.close();
  }

  /** Returns the next bytes of the file; null at its end, or if it was closed meanwhile. */
  async #read(): Promise<Uint8Array<ArrayBuffer> | null> {
    try {
      const count = await this.#file.read(this.#chunk);
      return count === null ? null : this.#chunk.slice(0, count);
    } catch (error) {
      if (this.#isClosed) return null;
      throw error;
    }
  }

  /**
   * Returns the file that follows this complete one, null if the session has ended with it, or `wait` if the sidecar may still name
   * a file. A viewer may be several files behind, so the next file is read from the sidecar. If there is no sidecar, or if it names
   * no file although it is final or has had enough time, this returns `present`: the file that the session writes now, or null.
   */
  async #following(present: string | null): Promise<string | null | "wait"> {
    const sidecar = await readSidecar(this.#path);
    if (sidecar?.next !== undefined) return join(dirname(this.#path), sidecar.next);
    if (sidecar === null || sidecar.state === "final") return present;
    const nowMs = performance.now();
    this.#behindSinceMs ??= nowMs;
    return nowMs - this.#behindSinceMs < SIDECAR_MS ? "wait" : present;
  }

  async #continueWith(path: string): Promise<void> {
    const file = await Deno.open(path);
    if (this.#isClosed) return file.close();
    this.#file.close();
    this.#file = file;
    this.#path = path;
    this.#behindSinceMs = null;
  }
}

/** Reads the fields of a sidecar that matter here. Null if there is none, or it cannot be read. */
async function readSidecar(path: string): Promise<{ readonly state: unknown; readonly next?: string } | null> {
  try {
    const { state, next } = JSON.parse(await Deno.readTextFile(sidecarPath(path)));
    return typeof next === "string" ? { state, next } : { state };
  } catch {
    return null;
  }
}
