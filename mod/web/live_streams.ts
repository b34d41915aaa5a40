/**
 * Sends growing recordings to viewers. A viewer reads the file, so that it costs the session nothing, however slow it is.
 *
 * @module
 */

import { dirname, join } from "node:path";

import { sidecarPath } from "../recording/sidecar_file.ts";
import { liveStart } from "./live_start.ts";
import { reply, replyProblem } from "./reply.ts";

/** Maximum number of viewers. Our choice. */
export const MAX_VIEWERS = 64;

/** How often the end of the file is read again. Our choice. */
const POLL_MS = 100;

/** Bytes that are read at a time. */
const CHUNK_BYTES = 262_144;

/** Returns the file that the session writes now; null: it has ended. `unknown`: the listener does not answer. */
export type CurrentFile = () => Promise<string | null | "unknown">;

/** The viewers. */
export class LiveStreams {
  #viewers = 0;
  #isClosed = false;

  /** Returns a response that follows the recording until its session ends. `path`: absolute path of its file. */
  async open(path: string, currentFile: CurrentFile): Promise<Response> {
    if (this.#viewers >= MAX_VIEWERS) {
      return replyProblem(503, `there are ${MAX_VIEWERS} viewers already`, { headers: { "retry-after": "10" } });
    }
    this.#viewers += 1;
    try {
      const body = await this.#follow(path, currentFile);
      return reply(body, { headers: { "content-type": "video/mp2t" } });
    } catch (error) {
      this.#viewers -= 1;
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
      return replyProblem(404, "the recording cannot be read");
    }
  }

  /** Ends each response when its viewer has read to the end of the file. */
  close(): void {
    this.#isClosed = true;
  }

  async #follow(path: string, currentFile: CurrentFile): Promise<ReadableStream<Uint8Array<ArrayBuffer>>> {
    let file = await Deno.open(path);
    let openPath = path;
    try {
      await file.seek(await liveStart(file), Deno.SeekMode.Start);
    } catch (error) {
      file.close();
      throw error;
    }
    let isLeft = false;
    const leave = () => {
      if (isLeft) return;
      isLeft = true;
      this.#viewers -= 1;
      file.close();
    };
    /** Reads what follows. Null: the session has ended, and all of its files are read. */
    const next = async (): Promise<Uint8Array<ArrayBuffer> | null> => {
      while (true) {
        const present = this.#isClosed ? null : await currentFile();
        // the file is read after that: whatever was written before its end was reported is in it
        const bytes = await readChunk(file);
        if (bytes !== null) return bytes;
        if (this.#isClosed) return null;
        const isBehind = present !== "unknown" && present !== openPath;
        const nextPath = isBehind ? await pathAfter(openPath) ?? present : null;
        if (present === null && nextPath === null) return null;
        if (nextPath !== null) {
          const following = await Deno.open(nextPath);
          if (isLeft) {
            following.close();
            return null;
          }
          file.close();
          [file, openPath] = [following, nextPath];
        } else await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    };
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const bytes = await next();
          if (isLeft) return;
          if (bytes !== null) return controller.enqueue(bytes);
          leave();
          controller.close();
        } catch (error) {
          if (isLeft) return; // the file was closed while it was read
          leave();
          controller.error(error);
        }
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }
}

/**
 * Returns the file that follows one of several files, as its sidecar names it: a slow viewer may be several files behind. Null if
 * the sidecar is not final yet, or there is none.
 */
async function pathAfter(path: string): Promise<string | null> {
  try {
    const { next } = JSON.parse(await Deno.readTextFile(sidecarPath(path)));
    return typeof next === "string" ? join(dirname(path), next) : null;
  } catch {
    return null;
  }
}

/** Returns the next bytes; null at the end of the file. */
async function readChunk(file: Deno.FsFile): Promise<Uint8Array<ArrayBuffer> | null> {
  const chunk = new Uint8Array(CHUNK_BYTES);
  const count = await file.read(chunk);
  return count === null ? null : chunk.subarray(0, count);
}
