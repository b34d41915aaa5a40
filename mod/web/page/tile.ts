/**
 * The tile of a session, of a lost one, or of a stream name that is expected and not there.
 *
 * @module
 */

/// <reference lib="dom" />

import { make, makeButton, setShown, setText } from "./dom.ts";
import { Graph } from "./graph.ts";
import type { Rate } from "./graph_path.ts";
import { Picture, type PictureMode } from "./picture.ts";
import type { Mixer } from "./sound.ts";
import type { Stills } from "./stills.ts";
import { healthOf, type TileView } from "./tile_view.ts";

/** An order that a tile has a button for. */
export type TileOrder = "cut" | "stop" | "ban" | "clear";

/** The buttons: the order, the text, and whether a view has the button. */
const ORDERS: readonly (readonly [TileOrder, string, (view: TileView) => boolean])[] = [
  ["cut", "Cut", ({ running }) => running !== null],
  ["stop", "Stop", ({ running }) => running !== null],
  ["ban", "Ban", ({ running }) => running !== null && !running.pulled], // bans are for callers
  ["clear", "Clear", ({ lost }) => lost !== null],
];

/** What a tile needs from the page. */
export interface TileOptions {
  readonly mixer: Mixer;
  readonly stills: Stills;
  readonly onOrder: (order: TileOrder, view: TileView) => void;
  readonly onSound: (tile: Tile) => void;
  readonly onWatch: (tile: Tile) => void;
}

/** A tile. */
export class Tile {
  readonly #name = make("h2");
  readonly #state = make("p", { class: "state" });
  readonly #rate = make("p", { class: "rate" });
  readonly #figures = make("dl");
  readonly #facts = make("p", { class: "facts" });
  readonly #file = make("p", { class: "file" });
  readonly #advice = make("p", { class: "advice" });
  readonly #graph = new Graph();
  readonly #now = make("div", { class: "now" }, this.#rate, this.#graph.element);
  readonly #view: { current: TileView };
  /** Its picture; null if there is no session. */
  readonly picture: Picture | null;
  /** The element. */
  readonly element: HTMLElement;
  /** Whether a part of it is on the screen. */
  isVisible = false;

  constructor(view: TileView, options: TileOptions) {
    this.#view = { current: view };
    this.picture = view.running === null ? null : new Picture({
      session: view.running.session,
      name: view.name,
      mixer: options.mixer,
      stills: options.stills,
      onSound: () => options.onSound(this),
      onWatch: () => options.onWatch(this),
    });
    const buttons = ORDERS.filter(([, , isPossible]) => isPossible(view)).map(([order, text]) => {
      const attributes = { text, class: order, "aria-label": `${text} ${view.name}` };
      return makeButton(attributes, () => options.onOrder(order, this.#view.current));
    });
    const head = make("header", {}, this.#name, this.#state);
    const body = make("div", { class: "body" }, this.#now, this.#figures, this.#facts, this.#file, this.#advice);
    this.element = make("article", { class: "tile" }, head);
    if (this.picture !== null) this.element.append(this.picture.element);
    this.element.append(body);
    if (buttons.length > 0) this.element.append(make("footer", {}, ...buttons));
  }

  /** The newest view. */
  get view(): TileView {
    return this.#view.current;
  }

  /** Shows a view, and the rates of the last minutes; `nowMs`: the time of their clock in ms since 1970. */
  update(view: TileView, { rates, nowMs }: { readonly rates: readonly Rate[]; readonly nowMs: number }): void {
    this.#view.current = view;
    const { name, state, rate, figures, facts, file, advice } = view;
    this.element.classList.toggle("trouble", view.isInTrouble);
    this.element.setAttribute("aria-label", state === "" ? name : `${name}: ${state}`);
    setText(this.#name, name);
    this.#name.title = name;
    setText(this.#rate, rate);
    setShown(this.#now, rate !== "");
    for (const [element, text] of [[this.#state, state], [this.#advice, advice]] as const) {
      setText(element, text);
      setShown(element, text !== "");
    }
    setText(this.#facts, facts.join(" · "));
    setText(this.#file, file ?? "");
    this.#file.title = file ?? "";
    setShown(this.#file, file !== null);
    this.#showFigures(figures);
    this.#graph.draw(rates, nowMs);
  }

  /** Updates the picture. */
  updatePicture(mode: PictureMode, nowMs: number): void {
    this.picture?.update(mode, { health: healthOf(this.view), nowMs });
  }

  /** Removes it from the page. */
  remove(): void {
    this.picture?.destroy();
    this.element.remove();
  }

  #showFigures(figures: TileView["figures"]): void {
    setShown(this.#figures, figures.length > 0);
    if (this.#figures.children.length !== figures.length) {
      this.#figures.replaceChildren(...figures.map(() => make("div", {}, make("dt"), make("dd"))));
    }
    for (const [index, { name, text, isBad }] of figures.entries()) {
      const item = this.#figures.children[index];
      const [term, value] = item?.children ?? [];
      if (term === undefined || value === undefined) continue;
      setText(term, name);
      setText(value, text);
      value.classList.toggle("bad", isBad);
    }
  }
}
