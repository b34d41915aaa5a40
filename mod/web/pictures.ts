/**
 * Serves a still picture of a session: its last key frame.
 *
 * @module
 */

import { withDeadline } from "../os/deadline.ts";
import type { Libc } from "../os/libc.ts";
import { decodeKeyFrame, hasFfmpeg } from "./key_frame.ts";
import { reply, replyProblem } from "./reply.ts";

/** How long a picture is returned before a newer one is decoded. Our choice. */
const FRESH_MS = 5000;
/** Maximum number of ffmpeg processes. Our choice: the processors are for the sessions. */
const MAX_RUNNING = 2;
/** Maximum number of pictures that are being decoded, or wait for that or for a key frame. Our choice. */
const MAX_PENDING = 32;
/** How long a stream may take to begin: without a recording, it may have to wait for the next key frame. Our choice. */
const BEGIN_MS = 10_000;

/** The response that refuses a stream, for all requests that wait for its picture. */
interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array<ArrayBuffer>;
}

/** A picture, null if there is none, or why there is no stream. */
type Result = Uint8Array<ArrayBuffer> | null | Refusal;

/** The pictures of all sessions. */
export class Pictures {
  readonly #libc: Libc;
  readonly #hasFfmpeg: () => boolean;
  /** By session: the pictures of the last seconds, and those that are being decoded. */
  readonly #results = new Map<string, Promise<Result>>();
  readonly #waiting: (() => void)[] = [];
  #pending = 0;
  #running = 0;

  /** @param find Reports whether ffmpeg is on this machine. */
  constructor(libc: Libc, find: () => boolean = hasFfmpeg) {
    this.#libc = libc;
    this.#hasFfmpeg = find;
  }

  /** Answers a request. `open` opens the stream of the session at its last random-access point, as LiveStreams does. */
  async serve(session: string, open: () => Promise<Response>): Promise<Response> {
    let result = this.#results.get(session);
    if (result === undefined) {
      if (!this.#hasFfmpeg()) {
        return replyProblem(501, "ffmpeg is not on this machine", {
          hint: "install it in /usr/bin or /usr/local/bin: apt-get install ffmpeg",
        });
      }
      if (this.#pending >= MAX_PENDING) {
        return replyProblem(503, "too many pictures are being decoded", { headers: { "retry-after": "5" } });
      }
      result = this.#decode(open);
      this.#results.set(session, result);
      const forget = () => this.#results.delete(session);
      result.then(
        (value) => isRefusal(value) ? forget() : Deno.unrefTimer(setTimeout(forget, FRESH_MS)),
        forget,
      );
    }
    const picture = await result;
    if (isRefusal(picture)) return reply(picture.body, picture);
    if (picture !== null) return reply(picture, { headers: { "content-type": "image/jpeg" } });
    return replyProblem(404, "there is no picture", {
      hint: "the stream has no video, has had no key frame for a while, or its video cannot be decoded",
    });
  }

  async #decode(open: () => Promise<Response>): Promise<Result> {
    this.#pending += 1;
    try {
      const begun = await waitForPayload(open); // before one of the few places is taken
      return begun === "begun"
        ? await this.#inTurn(async () => {
          const response = await open();
          if (!response.ok || response.body === null) return await refusal(response); // it may have ended while it waited
          return await decodeKeyFrame(this.#libc, response.body);
        })
        : begun;
    } finally {
      this.#pending -= 1;
    }
  }

  async #inTurn(decode: () => Promise<Result>): Promise<Result> {
    if (this.#running >= MAX_RUNNING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#running += 1;
    try {
      return await decode();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next(); // it takes this place
    }
  }
}

function isRefusal(result: Result): result is Refusal {
  return result !== null && "status" in result;
}

async function refusal(response: Response): Promise<Refusal> {
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.bytes(),
  };
}

/** Waits until a stream has payload. Returns why there is none, or null if no payload arrives in time. */
async function waitForPayload(open: () => Promise<Response>): Promise<Refusal | null | "begun"> {
  const response = await open();
  if (!response.ok || response.body === null) return await refusal(response);
  const reader = response.body.getReader();
  try {
    const first = await withDeadline(reader.read(), BEGIN_MS);
    return first === "late" || first.done ? null : "begun";
  } finally {
    await reader.cancel().catch(() => {}); // a stream that has failed
  }
}
