/**
 * A loader for mpegts.js that hides streams in a live stream.
 *
 * @module
 */

/// <reference lib="dom" />

import type { HiddenStreams } from "./codecs.ts";
import { StreamHider } from "./hide_streams.ts";

/** The status of a loader (`LoaderStatus` of mpegts.js). */
const STATUS = { idle: 0, connecting: 1, buffering: 2, error: 3, complete: 4 } as const;

/** What mpegts.js needs of a loader (`src/io/loader.js`). It sets the callbacks. */
interface Loader {
  readonly type: string;
  readonly status: number;
  readonly needStashBuffer: boolean;
  onContentLengthKnown: unknown;
  onURLRedirect: unknown;
  onDataArrival: ((chunk: ArrayBuffer, byteStart: number, receivedLength: number) => void) | null;
  onError: ((type: string, info: { readonly code: number; readonly msg: string }) => void) | null;
  onComplete: ((from: number, to: number) => void) | null;
  open(source: { readonly url: string }): void;
  abort(): void;
  destroy(): void;
  isWorking(): boolean;
}

/** Returns the class of a loader that receives a live stream over a WebSocket and hides streams in it. */
export function loaderWithout(hidden: HiddenStreams): new () => Loader {
  return class implements Loader {
    readonly type = "websocket-loader";
    readonly needStashBuffer = true;
    status: number = STATUS.idle;
    onContentLengthKnown = null;
    onURLRedirect = null;
    onDataArrival: Loader["onDataArrival"] = null;
    onError: Loader["onError"] = null;
    onComplete: Loader["onComplete"] = null;
    readonly #hider = new StreamHider(hidden);
    #socket: WebSocket | null = null;
    #received = 0;

    open({ url }: { readonly url: string }): void {
      const socket = this.#socket = new WebSocket(url);
      socket.binaryType = "arraybuffer";
      this.status = STATUS.connecting;
      socket.addEventListener("open", () => this.status = STATUS.buffering);
      socket.addEventListener("message", ({ data }) => this.#pass(data));
      socket.addEventListener("close", () => {
        if (this.#socket === null) return;
        this.status = STATUS.complete;
        this.onComplete?.(0, this.#received - 1);
      });
    }

    abort(): void {
      const socket = this.#socket;
      this.#socket = null;
      socket?.close();
      this.status = STATUS.complete;
    }

    destroy(): void {
      this.abort();
      this.onDataArrival = this.onError = this.onComplete = null;
    }

    isWorking(): boolean {
      return this.status === STATUS.connecting || this.status === STATUS.buffering;
    }

    #pass(data: ArrayBuffer): void {
      if (this.#socket === null) return;
      const { buffer } = this.#hider.pass(new Uint8Array(data));
      const from = this.#received;
      this.#received += buffer.byteLength;
      if (buffer.byteLength > 0) this.onDataArrival?.(buffer, from, this.#received);
    }
  };
}
