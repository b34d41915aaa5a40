/**
 * Sends live streams of sessions to viewers. If a session writes files, its payload is read from them, otherwise from a connection to
 * the process of the session.
 *
 * @module
 */

import { type CurrentFile, FileFollower } from "./file_follower.ts";
import { reply, replyProblem } from "./reply.ts";
import { type FeedReceiver, type LiveSource, SessionFeed } from "./session_feed.ts";

/** Maximum number of viewers. Our choice. */
export const MAX_VIEWERS = 64;

/** Headers of a response with a live stream. */
export const LIVE_HEADERS = { "content-type": "video/mp2t" } as const;

/** How long the process of a session sends its payload after the last viewer has left. Our choice: another viewer begins at once. */
const UNUSED_MS = 10_000;

/** What live streams need. */
export interface LiveStreamsOptions {
  /** Connects to the process of a session. Null if it does not send its payload. */
  readonly connect: (session: string) => FeedReceiver | null;
  /** How long a feed without viewers is kept, in ms; 10 s unless given. */
  readonly unusedMs?: number;
}

/** The viewers. */
export class LiveStreams {
  readonly #options: LiveStreamsOptions;
  /** By session. */
  readonly #feeds = new Map<string, SessionFeed>();
  #viewers = 0;
  #isClosed = false;

  constructor(options: LiveStreamsOptions) {
    this.#options = options;
  }

  /** Returns a response that follows a recording until its session ends. `path`: absolute path of its file. */
  async openFile(path: string, currentFile: CurrentFile): Promise<Response> {
    return await this.#admit(async () => {
      try {
        return await FileFollower.open(path, { currentFile, isClosing: () => this.#isClosed });
      } catch (error) {
        if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.PermissionDenied) return null;
        throw error;
      }
    }, () => replyProblem(404, "the recording cannot be read"));
  }

  /** Returns a response that has the payload of a session from its process, until the session ends. */
  async openFeed(session: string): Promise<Response> {
    return await this.#admit(
      () => Promise.resolve(this.#feedOf(session)?.open() ?? null),
      () =>
        replyProblem(404, "there is no live stream of this session", {
          hint: "its file does not exist yet, or another version of srt-splitter has started it; try again",
        }),
    );
  }

  /** Ends each response when its viewer has read what has arrived. */
  close(): void {
    this.#isClosed = true;
    for (const feed of this.#feeds.values()) feed.close();
  }

  /** Returns the feed of a session, which is connected if it is not yet. Null if that is not possible. */
  #feedOf(session: string): SessionFeed | null {
    const present = this.#feeds.get(session);
    if (present !== undefined && !present.hasEnded) return present;
    const receiver = this.#isClosed ? null : this.#options.connect(session);
    if (receiver === null) return null;
    const feed = new SessionFeed(
      receiver,
      () => Deno.unrefTimer(setTimeout(() => this.#closeUnused(session, feed), this.#unusedMs(feed))),
    );
    this.#feeds.set(session, feed);
    return feed;
  }

  #unusedMs({ hasEnded }: SessionFeed): number {
    return hasEnded || this.#isClosed ? 0 : this.#options.unusedMs ?? UNUSED_MS;
  }

  #closeUnused(session: string, feed: SessionFeed): void {
    if (feed.isUsed) return;
    feed.close();
    if (this.#feeds.get(session) === feed) this.#feeds.delete(session);
  }

  async #admit(open: () => Promise<LiveSource | null>, refuse: () => Response): Promise<Response> {
    if (this.#viewers >= MAX_VIEWERS) {
      return replyProblem(503, `there are ${MAX_VIEWERS} viewers already`, { headers: { "retry-after": "10" } });
    }
    this.#viewers += 1;
    let source: LiveSource | null = null;
    try {
      source = await open();
    } finally {
      if (source === null) this.#viewers -= 1;
    }
    if (source === null) return refuse();
    return reply(this.#stream(source), { headers: LIVE_HEADERS });
  }

  #stream(source: LiveSource): ReadableStream<Uint8Array<ArrayBuffer>> {
    let hasLeft = false;
    const leave = () => {
      if (hasLeft) return;
      hasLeft = true;
      this.#viewers -= 1;
      source.close();
    };
    return new ReadableStream<Uint8Array<ArrayBuffer>>({
      async pull(controller) {
        try {
          const bytes = await source.next();
          if (hasLeft) return;
          if (bytes !== null) return controller.enqueue(bytes);
          leave();
          controller.close();
        } catch (error) {
          if (hasLeft) return;
          leave();
          controller.error(error);
        }
      },
      cancel: leave,
    }, { highWaterMark: 0 });
  }
}
