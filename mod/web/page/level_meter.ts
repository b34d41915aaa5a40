/**
 * The level meter of one picture: a bar each for left and right.
 *
 * @module
 */

/// <reference lib="dom" />

import { make } from "./dom.ts";
import { SILENT_DB, type SoundChannel } from "./sound.ts";

/** How fast a bar falls, in dB each ms: 20 dB/s. Our choice: faster than the peak meters of IEC 60268-10 (about 9 to 12 dB/s). */
const FALL_DB = 0.02;

/** A meter. */
export class LevelMeter {
  readonly #bars = [make("i"), make("i")] as const;
  /** The element. */
  readonly element = make("div", {
    class: "meter",
    role: "meter",
    "aria-label": "audio level",
    "aria-valuemin": String(SILENT_DB),
    "aria-valuemax": "0",
  }, ...this.#bars);
  readonly #shown: [number, number] = [SILENT_DB, SILENT_DB];
  #lastMs = 0;

  /** Draws the levels of now. Null: they are not known, and the meter is hidden. */
  draw(channel: SoundChannel | null, nowMs: number): void {
    this.element.hidden = channel === null;
    if (channel === null) return;
    const fallen = (nowMs - this.#lastMs) * FALL_DB;
    this.#lastMs = nowMs;
    const levels = channel.levels();
    for (const side of [0, 1] as const) {
      this.#shown[side] = Math.max(levels[side], this.#shown[side] - fallen, SILENT_DB);
      // the bar is a cover over the scale
      this.#bars[side].style.transform = `scaleY(${(this.#shown[side] / SILENT_DB).toFixed(3)})`;
    }
  }

  /** Updates what a screen reader reads. */
  announce(): void {
    const level = Math.round(Math.max(...this.#shown));
    this.element.setAttribute("aria-valuenow", String(level));
    this.element.setAttribute("aria-valuetext", level <= SILENT_DB ? "silence" : `${level} dB`);
  }
}
