/**
 * A terminal with a part at its bottom that is redrawn in place, and lines that scroll above it.
 *
 * @module
 */

import { createLogUpdate } from "log-update";
import stringWidth from "string-width";

import type { TerminalSize } from "./live_table.ts";

/** ECMA-48: cursor home, erase all. */
const CLEAR_SCREEN = "\x1b[H\x1b[2J";

/** Lines kept to be shown again after a resize. Our choice: more than a screen has. */
const KEPT_LINES = 200;

/** The terminal that a screen draws on. */
export interface ScreenOptions {
  /** Writes text to the terminal. Must not throw. */
  readonly write: (text: string) => void;
  /** The terminal's size now. */
  readonly size: () => TerminalSize;
}

/** Owns the bottom of a terminal. */
export class Screen {
  readonly #options: ScreenOptions;
  readonly #update: ReturnType<typeof createLogUpdate>;
  readonly #kept: string[] = [];
  #size: TerminalSize;
  #frame = "";
  #buffer = "";

  constructor(options: ScreenOptions) {
    this.#options = options;
    this.#size = options.size();
    const stream = {
      isTTY: true,
      get columns() {
        return options.size().columns;
      },
      get rows() {
        return options.size().rows;
      },
      write: (text: string) => {
        this.#buffer += text;
        return true;
      },
    };
    // the cursor stays visible: a program that is killed could not restore it
    this.#update = createLogUpdate(stream as unknown as NodeJS.WritableStream, { showCursor: true });
  }

  /** Prints whole lines above the part that is redrawn. */
  print(text: string): void {
    this.#kept.push(...text.trimEnd().split("\n"));
    this.#kept.splice(0, Math.max(0, this.#kept.length - KEPT_LINES));
    this.#update.clear();
    this.#buffer += text;
    if (this.#frame !== "") this.#update(this.#frame);
    this.#flush();
  }

  /** Replaces the part that is redrawn. */
  draw(frame: string): void {
    const size = this.#options.size();
    const resized = size.columns !== this.#size.columns || size.rows !== this.#size.rows;
    this.#size = size;
    this.#frame = frame;
    // a resized terminal has wrapped or moved what was drawn, and does not report how: draw everything again
    if (resized) this.#startOver(size);
    else this.#update(frame);
    this.#flush();
  }

  /** Removes the part that is redrawn. */
  clear(): void {
    this.#frame = "";
    this.#update.clear();
    this.#flush();
  }

  #startOver({ columns, rows }: TerminalSize): void {
    this.#update.clear();
    this.#buffer = CLEAR_SCREEN;
    let left = rows - this.#frame.split("\n").length - 1;
    const again: string[] = [];
    for (const line of this.#kept.toReversed()) {
      left -= Math.max(1, Math.ceil(stringWidth(line) / columns));
      if (left < 0) break;
      again.unshift(`${line}\n`);
    }
    this.#buffer += again.join("");
    this.#update(this.#frame);
  }

  #flush(): void {
    if (this.#buffer !== "") this.#options.write(this.#buffer);
    this.#buffer = "";
  }
}
