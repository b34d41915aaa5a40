/**
 * Lists the recordings of a folder, and serves them and their sidecars, with ranges.
 *
 * @module
 */

import { nameOf } from "../os/path.ts";
import { PART_ENDING, SIDECAR_ENDING, sidecarPath } from "../recording/sidecar_file.ts";
import { RecordingsFolder } from "../retention/recordings_folder.ts";
import type { ListedRecordings } from "./api_schema.ts";
import { byteRange } from "./byte_range.ts";
import { reply, replyProblem } from "./reply.ts";
import { SharedAnswer } from "./shared_answer.ts";

/** Maximum number of recordings in a list. Our choice. */
const MAX_LISTED = 1000;

/** How long a list is used. Our choice: a folder may have many files. */
const FRESH_MS = 1000;

/** Bytes that are read from a file at a time. */
const CHUNK_BYTES = 262_144;

/** Maximum number of files that are sent at the same time. Our choice. */
export const MAX_DOWNLOADS = 16;

/** The recordings of a folder. */
export class RecordingFiles {
  readonly #path: string;
  readonly #folder: RecordingsFolder;
  readonly #listed: SharedAnswer<ListedRecordings>;
  #downloads = 0;

  /**
   * @param path Absolute path of the folder, without symbolic links in it.
   * @param now A monotonic clock in ms.
   */
  constructor(path: string, now: () => number) {
    this.#path = path;
    this.#folder = new RecordingsFolder(path);
    this.#listed = new SharedAnswer({ read: () => this.#list(), freshMs: FRESH_MS, now });
  }

  /** Lists the newest recordings. The folder was read at most one second ago. Rejects if it cannot be read. */
  list(): Promise<ListedRecordings> {
    return this.#listed.get();
  }

  async #list(): Promise<ListedRecordings> {
    const { finished, unfinished } = await this.#folder.read(() => true);
    const all = [
      ...finished.map(({ path, bytes, endMs }) => ({ path, bytes, state: "final" as const, timeMs: endMs })),
      ...unfinished.map(({ path, bytes, writtenMs }) => ({
        path,
        bytes,
        state: "recording" as const,
        timeMs: writtenMs,
      })),
    ].toSorted((one, other) => other.timeMs - one.timeMs);
    const recordings = all.slice(0, MAX_LISTED).map(({ path, timeMs, ...rest }) => {
      const relative = path.slice(this.#path.length + 1);
      const url = `/api/recordings/${relative.split("/").map(encodeURIComponent).join("/")}`;
      const time = Number.isFinite(timeMs) ? new Date(timeMs).toISOString() : null;
      return { path: relative, ...rest, time, url, sidecarUrl: `${url}${SIDECAR_ENDING}` };
    });
    return { recordings, total: all.length };
  }

  /** Serves the recording or the sidecar with this encoded path below the folder. */
  async serve(encodedPath: string, headers: Headers): Promise<Response> {
    const name = decodePath(encodedPath);
    const path = name === null ? null : await this.#find(name);
    if (path === null) return replyProblem(404, "there is no such recording");
    if (this.#downloads >= MAX_DOWNLOADS) {
      const text = `${MAX_DOWNLOADS} recordings are being sent already`;
      return replyProblem(503, text, { headers: { "retry-after": "10" } });
    }
    this.#downloads += 1; // before the file is opened, so that the limit holds for requests that arrive together
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path);
    } catch (error) {
      this.#downloads -= 1;
      if (!(error instanceof Deno.errors.NotFound) && !(error instanceof Deno.errors.PermissionDenied)) throw error;
      return replyProblem(404, "the recording cannot be read");
    }
    const close = once(() => {
      this.#downloads -= 1;
      file.close();
    });
    try {
      return await sendFile(file, { path, headers, close });
    } catch (error) {
      close();
      throw error;
    }
  }

  /** Returns the absolute path of a regular file that is a recording or its sidecar; null if there is none. */
  async #find(name: string): Promise<string | null> {
    const path = `${this.#path}/${name}`;
    const recording = path.endsWith(SIDECAR_ENDING) ? path.slice(0, -SIDECAR_ENDING.length) : path;
    const hasSidecar = await isFile(sidecarPath(recording)) || await isFile(`${sidecarPath(recording)}${PART_ENDING}`);
    if (!hasSidecar || !await isFile(recording) || !await isFile(path)) return null;
    try {
      return await Deno.realPath(path) === path ? path : null; // a folder in the path may be a symbolic link
    } catch {
      return null;
    }
  }
}

/** Decodes a path of a URL; null if it could leave the folder. */
function decodePath(encoded: string): string | null {
  try {
    const parts = encoded.split("/").map(decodeURIComponent);
    const isSafe = parts.every((part) => !["", ".", ".."].includes(part) && !/[/\0]/.test(part));
    return isSafe ? parts.join("/") : null;
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await Deno.lstat(path)).isFile;
  } catch {
    return false; // there is none, it cannot be read, or its name is too long
  }
}

/** Sends a file as it is now: what is written later is not sent. */
async function sendFile(
  file: Deno.FsFile,
  { path, headers, close }: { readonly path: string; readonly headers: Headers; readonly close: () => void },
): Promise<Response> {
  const { size, mtime } = await file.stat();
  const tag = `"${size}-${mtime?.getTime() ?? 0}"`;
  const condition = headers.get("if-range");
  const range = byteRange(condition === null || condition === tag ? headers.get("range") : null, size);
  if (range === "unsatisfiable") {
    close();
    return replyProblem(416, "the range is beyond the end of the file", {
      headers: { "content-range": `bytes */${size}` },
    });
  }
  const { start, end } = range ?? { start: 0, end: size };
  const isSidecar = path.endsWith(SIDECAR_ENDING);
  const name = encodeURIComponent(nameOf(path)).replaceAll("'", "%27");
  const described = {
    "content-type": isSidecar ? "application/json" : path.endsWith(".ts") ? "video/mp2t" : "application/octet-stream",
    "content-disposition": `attachment; filename*=UTF-8''${name}`,
    "content-length": String(end - start),
    "accept-ranges": "bytes",
    etag: tag,
  };
  await file.seek(start, Deno.SeekMode.Start);
  const body = contentOf(file, { bytes: end - start, close });
  if (range === null) return reply(body, { headers: described });
  return reply(body, {
    status: 206,
    headers: { ...described, "content-range": `bytes ${start}-${end - 1}/${size}` },
  });
}

function contentOf(
  file: Deno.FsFile,
  { bytes, close }: { readonly bytes: number; readonly close: () => void },
): ReadableStream<Uint8Array<ArrayBuffer>> {
  let left = bytes;
  return new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const chunk = new Uint8Array(Math.min(CHUNK_BYTES, left));
        const count = left === 0 ? null : await file.read(chunk);
        if (count === null && left > 0) throw new Error("the file has become shorter while it was sent");
        left -= count ?? 0;
        if (count !== null) controller.enqueue(chunk.subarray(0, count));
        if (left > 0) return;
        close();
        controller.close();
      } catch (error) {
        close();
        controller.error(error);
      }
    },
    cancel: close,
  }, { highWaterMark: 0 });
}

function once(act: () => void): () => void {
  let isDone = false;
  return () => {
    if (isDone) return;
    isDone = true;
    act();
  };
}
