/**
 * The graph of one session.
 *
 * @module
 */

/// <reference lib="dom" />

import { formatRate } from "../../report/format.ts";
import { make, makeSvg, setText } from "./dom.ts";
import { graphPaths, type Rate } from "./graph_path.ts";

const SIZE = { width: 300, height: 40 } as const;

/** A graph. */
export class Graph {
  readonly #area = makeSvg("path", { class: "area" });
  readonly #line = makeSvg("path", { class: "line" });
  readonly #missing = makeSvg("path", { class: "missing" });
  readonly #drawing = makeSvg(
    "svg",
    { viewBox: `0 0 ${SIZE.width} ${SIZE.height}`, preserveAspectRatio: "none", role: "img" },
    this.#area,
    this.#missing,
    this.#line,
  );
  readonly #scale = make("span", { class: "scale" });
  /** The element. */
  readonly element = make("div", { class: "graph" }, this.#drawing, this.#scale);

  /** Draws the rates of the last 5 minutes. */
  draw(rates: readonly Rate[], nowMs: number): void {
    const { line, area, missing, max, missingPackets } = graphPaths(rates, { nowMs, size: SIZE });
    this.#line.setAttribute("d", line);
    this.#area.setAttribute("d", area);
    this.#missing.setAttribute("d", missing);
    const top = formatRate(max);
    setText(this.#scale, max === 0 ? "" : `max ${top}`);
    this.#drawing.setAttribute("aria-label", `last 5 minutes: at most ${top}, ${missingPackets} packets missing`);
  }
}
