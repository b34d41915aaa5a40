/**
 * The picture of a session: live, or a still picture, or a note on why there is none.
 *
 * @module
 */

/// <reference lib="dom" />

import type { TsHealth } from "../../vocabulary/ts_health.ts";
import { problemAt, RequestError } from "./api.ts";
import { type Playable, playable } from "./codecs.ts";
import { make, makeButton, setShown, setText } from "./dom.ts";
import { LevelMeter } from "./level_meter.ts";
import { LivePlayer, supportsType } from "./live_player.ts";
import type { Mixer, SoundChannel } from "./sound.ts";
import type { Stills } from "./stills.ts";

/** Pause before a live picture that has ended is tried again, in ms: without a problem, and with one. */
const RETRY_MS = { ended: 2000, failed: 15_000 } as const;
/** How often a still picture is read again, in ms. */
const STILL_MS = 10_000;

/** What a picture may do now. */
export type PictureMode =
  /** Play live. */
  | "live"
  /** Show a still picture, because enough others play. */
  | "still"
  /** Do nothing: it is not on the screen, or its payload cannot be read yet. */
  | "off";

/** What a picture needs from the page. */
export interface PictureOptions {
  readonly session: string;
  /** The name of the tile. */
  readonly name: string;
  readonly mixer: Mixer;
  readonly stills: Stills;
  /** Makes its sound audible or not. */
  readonly onSound: () => void;
  /** Called when the viewer asks to see it live. */
  readonly onWatch: () => void;
}

/** A picture. */
export class Picture {
  readonly #options: PictureOptions;
  readonly #video = make("video", { playsinline: "", tabindex: "-1" });
  readonly #image = make("img", { hidden: "" });
  readonly #note = make("p", { class: "note" });
  readonly #meter = new LevelMeter();
  readonly #sound: HTMLButtonElement;
  readonly #watch: HTMLButtonElement;
  /** The element. */
  readonly element: HTMLElement;
  #mode: PictureMode = "off";
  #can: Playable = playable(null, () => true);
  #player: LivePlayer | null = null;
  #problem = "";
  #retryMs = 0;
  #stillMs = -Infinity;
  #stillProblem = "";
  #isAudible = false;

  constructor(options: PictureOptions) {
    this.#options = options;
    this.#video.muted = true;
    const { name, onSound, onWatch } = options;
    this.#video.ariaLabel = `live picture of ${name}`;
    this.#image.alt = `still picture of ${name}`;
    this.#sound = makeButton({ class: "sound", text: "Sound", "aria-label": `Sound of ${name}` }, onSound);
    this.#watch = makeButton({ class: "watch", text: "Play", "aria-label": `Play ${name}` }, onWatch);
    const { element: meter } = this.#meter;
    this.element = make(
      "div",
      { class: "picture" },
      this.#video,
      this.#image,
      this.#note,
      meter,
      this.#sound,
      this.#watch,
    );
  }

  /** Whether it has a video or sound that can be played, and that has not failed just now. */
  get canPlay(): boolean {
    return (this.#can.video || this.#can.audio) && (this.#problem === "" || performance.now() >= this.#retryMs);
  }

  /** Its sound; null if it does not play, or sound is not allowed yet. */
  get #channel(): SoundChannel | null {
    return this.#player === null || !this.#can.audio ? null : this.#options.mixer.channelOf(this.#video);
  }

  /** Updates it, about once a second. `health`: null if it is not known. */
  update(
    mode: PictureMode,
    { health, nowMs }: { readonly health: TsHealth | null; readonly nowMs: number },
  ): void {
    this.#mode = mode;
    const can = playable(health, supportsType);
    if (JSON.stringify(can) !== JSON.stringify(this.#can)) {
      this.#can = can;
      this.#problem = "";
      this.#retryMs = 0;
      this.#stop();
    }
    const isLive = mode === "live" && (can.video || can.audio);
    if (isLive && this.#player === null && nowMs >= this.#retryMs) this.#play();
    if (!isLive) this.#stop();
    this.#player?.keepPlaying();
    const showsStill = mode !== "off" && (this.#player === null || !can.video);
    if (showsStill && nowMs - this.#stillMs >= STILL_MS) {
      this.#stillMs = nowMs;
      this.#readStill();
    }
    this.#meter.announce();
    this.#show(showsStill);
  }

  /** Draws the level of its sound. */
  drawLevel(nowMs: number): void {
    const channel = this.#channel;
    channel?.setAudible(this.#isAudible); // it may be new
    this.#meter.draw(channel, nowMs);
  }

  /** Makes its sound audible or not. */
  setAudible(isAudible: boolean): void {
    this.#isAudible = isAudible;
    this.#channel?.setAudible(isAudible);
  }

  /** Stops it. */
  destroy(): void {
    this.#stop();
    URL.revokeObjectURL(this.#image.src);
  }

  #show(showsStill: boolean): void {
    const { video, audio, problem } = this.#can;
    const isPlaying = this.#player !== null;
    setShown(this.#image, showsStill && this.#image.src !== "");
    setShown(this.#video, isPlaying && video);
    setShown(this.#sound, isPlaying && audio);
    setShown(this.#watch, this.#mode === "still" && this.canPlay);
    this.#sound.setAttribute("aria-pressed", String(this.#isAudible));
    const notes = [problem, this.#problem, showsStill && this.#image.hidden ? this.#stillProblem : ""];
    setText(this.#note, notes.filter((note) => note !== "").join("; "));
    this.element.classList.toggle("live", isPlaying && video);
  }

  #play(): void {
    const player = new LivePlayer(this.#video, this.#path("live.ts"), {
      hidden: this.#can.hidden,
      onEnd: (problem) => {
        if (this.#player !== player) return;
        this.#stop();
        this.#retryMs = Infinity;
        void this.#explain(problem);
      },
    });
    this.#player = player;
    this.#video.addEventListener("playing", () => {
      if (this.#player === player) this.#problem = "";
    }, { once: true });
  }

  #stop(): void {
    this.#player?.destroy();
    this.#player = null;
  }

  /**
   * Finds out why the stream has ended, and when to try again. A browser does not report the answer to a request for a WebSocket.
   */
  async #explain(problem: string): Promise<void> {
    const can = this.#can;
    const found = await problemAt(this.#path("live.ts")) ?? problem;
    if (can !== this.#can) return; // other streams are tried now
    this.#problem = found;
    this.#retryMs = performance.now() + (this.#problem === "" ? RETRY_MS.ended : RETRY_MS.failed);
  }

  async #readStill(): Promise<void> {
    try {
      const picture = await this.#options.stills.read(this.#path("picture.jpg"));
      URL.revokeObjectURL(this.#image.src);
      this.#image.src = URL.createObjectURL(picture);
      this.#stillProblem = "";
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      this.#stillProblem = error.status === 501 ? `no still picture: ${error.message}` : error.message;
    }
  }

  #path(name: string): string {
    return `sessions/${encodeURIComponent(this.#options.session)}/${name}`;
  }
}
