/**
 * Plays the live stream of a session in a video element, with mpegts.js.
 *
 * @module
 */

/// <reference lib="dom" />

import module from "npm:mpegts.js@1.8.2";
import type { HiddenStreams } from "./codecs.ts";
import { loaderWithout } from "./stream_loader.ts";

/** The package is a CommonJS module, whose declarations are those of an ES module. */
const mpegts = module as unknown as typeof module.default;

/**
 * How far the player is behind the payload that has arrived, in seconds: if it is more than `fast`, the player plays faster; if it
 * is more than `max`, the player skips. With the time that payload takes to the browser, the sum must be less than 2 s.
 */
const BEHIND = { target: 0.6, fast: 1, max: 1.7 } as const;

/** What was played remains in memory for this long, in seconds. */
const KEPT = { min: 5, max: 15 } as const;

/** A player. */
export class LivePlayer {
  readonly #player: ReturnType<typeof mpegts.createPlayer>;
  readonly #video: HTMLVideoElement;

  /**
   * Begins to play.
   *
   * @param path Path of the live stream, from the page
   * @param options `hidden`: streams that it leaves out; `onEnd`: called when the stream has ended or cannot be played any more,
   * perhaps more than once; `problem` is empty if it has only ended
   */
  constructor(
    video: HTMLVideoElement,
    path: string,
    { hidden, onEnd }: { readonly hidden: HiddenStreams | null; readonly onEnd: (problem: string) => void },
  ) {
    this.#video = video;
    mpegts.LoggingControl.enableAll = false;
    const url = new URL(path, location.href.replace(/^http/, "ws")).href;
    const player = mpegts.createPlayer({ type: "mpegts", isLive: true, url }, {
      isLive: true,
      enableStashBuffer: false,
      lazyLoad: false,
      liveSync: true,
      liveSyncTargetLatency: BEHIND.target,
      liveSyncMaxLatency: BEHIND.fast,
      liveSyncPlaybackRate: 1.2,
      liveBufferLatencyChasing: true,
      liveBufferLatencyMaxLatency: BEHIND.max,
      liveBufferLatencyMinRemain: BEHIND.target,
      autoCleanupSourceBuffer: true,
      autoCleanupMaxBackwardDuration: KEPT.max,
      autoCleanupMinBackwardDuration: KEPT.min,
      ...(hidden === null ? {} : { customLoader: loaderWithout(hidden) as never }),
    });
    // mpegts.js still runs code after it has reported an end, and must not be destroyed before that code has run
    const end = (problem: string) => setTimeout(() => onEnd(problem));
    player.on(mpegts.Events.ERROR, (_type: string, _detail: string, info: { readonly msg?: string } | null) => {
      end(info?.msg ?? "the stream cannot be played");
    });
    player.on(mpegts.Events.LOADING_COMPLETE, () => end(""));
    player.attachMediaElement(video);
    player.load();
    // a browser that does not let it play without a click shows its first frame
    Promise.resolve(player.play()).catch(() => {});
    this.#player = player;
  }

  /** Continues if the element was moved on the page, which pauses it, or if it hangs in front of a gap. */
  keepPlaying(): void {
    const { buffered, currentTime, paused } = this.#video;
    if (paused) this.#video.play().catch(() => {});
    const end = buffered.length === 0 ? 0 : buffered.end(buffered.length - 1);
    if (end - currentTime > 2 * BEHIND.max) this.#video.currentTime = end - BEHIND.target;
  }

  /** Ends it. The element is empty then. */
  destroy(): void {
    this.#player.detachMediaElement(); // otherwise the player fails when a pending operation of the element ends
    this.#player.destroy();
  }
}

/** Reports whether the browser can play a MIME type. Browsers on an iPhone have only a ManagedMediaSource. */
export function supportsType(mimeType: string): boolean {
  const sources: { readonly MediaSource?: typeof MediaSource; readonly ManagedMediaSource?: typeof MediaSource } =
    window;
  return (sources.MediaSource ?? sources.ManagedMediaSource)?.isTypeSupported(mimeType) ?? false;
}
