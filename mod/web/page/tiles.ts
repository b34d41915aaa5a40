/**
 * All tiles, in their order, and which of their pictures play.
 *
 * @module
 */

/// <reference lib="dom" />

import type { Rate } from "./graph_path.ts";
import type { PictureMode } from "./picture.ts";
import { Mixer } from "./sound.ts";
import { Stills } from "./stills.ts";
import { Tile, type TileOrder } from "./tile.ts";
import type { TileView } from "./tile_view.ts";

/**
 * Maximum number of pictures that play. Our choice. Measured with five of 1280x720 on two busy processors without a graphics card:
 * each still showed 19 of its 25 frames a second.
 */
const MAX_PLAYING = 6;
/** How often levels are drawn, in ms. */
const LEVEL_MS = 50;

/** Moves an element without a pause of its video, in browsers that can. */
interface Movable {
  readonly moveBefore?: (node: Node, before: Node | null) => void;
}

/** The tiles. */
export class Tiles {
  readonly #tiles = new Map<string, Tile>();
  readonly #container: HTMLElement & Movable;
  readonly #onOrder: (order: TileOrder, view: TileView) => void;
  readonly #mixer = new Mixer();
  readonly #stills = new Stills();
  readonly #seen: IntersectionObserver;
  /** The tiles that were asked to play, the newest first. */
  #asked: readonly Tile[] = [];
  #audible: Tile | null = null;
  #lastLevelMs = 0;

  constructor(container: HTMLElement, onOrder: (order: TileOrder, view: TileView) => void) {
    this.#container = container;
    this.#onOrder = onOrder;
    this.#seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const tile = [...this.#tiles.values()].find(({ element }) => element === target);
        if (tile !== undefined) tile.isVisible = isIntersecting;
      }
      this.#updatePictures();
    }, { rootMargin: "50px" });
    document.addEventListener("visibilitychange", () => this.#updatePictures());
    const draw = (nowMs: number) => {
      requestAnimationFrame(draw);
      if (nowMs - this.#lastLevelMs < LEVEL_MS) return;
      this.#lastLevelMs = nowMs;
      for (const { picture, isVisible } of this.#tiles.values()) if (isVisible) picture?.drawLevel(nowMs);
    };
    requestAnimationFrame(draw);
  }

  /** Whether sound and levels are allowed. */
  get hasSound(): boolean {
    return this.#mixer.isRunning;
  }

  /** Allows sound and levels. Called after a click or a key. */
  async startSound(): Promise<void> {
    await this.#mixer.start();
  }

  /**
   * Shows views in their order. `ratesOf`: returns the rates of a session; `nowMs`: the time on the clock of the rates, in ms
   * since 1970.
   */
  update(
    views: readonly TileView[],
    { ratesOf, nowMs }: { readonly ratesOf: (session: string) => readonly Rate[]; readonly nowMs: number },
  ): void {
    const keys = new Set(views.map(({ key }) => key));
    for (const [key, tile] of this.#tiles) if (!keys.has(key)) this.#remove(key, tile);
    for (const view of views) {
      const tile = this.#tiles.get(view.key) ?? this.#add(view);
      tile.update(view, { rates: view.running === null ? [] : ratesOf(view.running.session), nowMs });
    }
    this.#sort(views);
    this.#updatePictures();
  }

  #add(view: TileView): Tile {
    const tile = new Tile(view, {
      mixer: this.#mixer,
      stills: this.#stills,
      onOrder: this.#onOrder,
      onSound: (from) => this.#hear(from),
      onWatch: (from) => this.#watch(from),
    });
    this.#tiles.set(view.key, tile);
    this.#container.append(tile.element);
    this.#seen.observe(tile.element);
    return tile;
  }

  #remove(key: string, tile: Tile): void {
    this.#tiles.delete(key);
    this.#seen.unobserve(tile.element);
    this.#asked = this.#asked.filter((asked) => asked !== tile);
    if (this.#audible === tile) this.#audible = null;
    tile.remove();
  }

  /** Moves the tiles that are not at their place. A tile that has the focus keeps it. */
  #sort(views: readonly TileView[]): void {
    const focused = document.activeElement;
    let place = this.#container.firstElementChild;
    for (const { key } of views) {
      const element = this.#tiles.get(key)?.element;
      if (element === undefined) continue;
      if (element === place) place = place.nextElementSibling;
      else if (this.#container.moveBefore !== undefined) this.#container.moveBefore(element, place);
      else this.#container.insertBefore(element, place);
    }
    if (focused instanceof HTMLElement && document.activeElement !== focused) focused.focus({ preventScroll: true });
  }

  #updatePictures(): void {
    const nowMs = performance.now();
    const inOrder = [...this.#container.children].flatMap((element) =>
      [...this.#tiles.values()].filter((tile) => tile.element === element)
    );
    const isShown = (tile: Tile) =>
      tile.view.isReadable && ((tile.isVisible && document.visibilityState === "visible") || tile === this.#audible);
    const wanted = [...new Set([...this.#asked, ...inOrder])].filter((tile) => isShown(tile) && tile.picture?.canPlay);
    const playing = new Set(wanted.slice(0, MAX_PLAYING));
    for (const tile of inOrder) {
      const mode: PictureMode = playing.has(tile) ? "live" : isShown(tile) ? "still" : "off";
      tile.updatePicture(mode, nowMs);
    }
  }

  /** Plays a picture that does not play because enough others do. */
  #watch(tile: Tile): void {
    this.#asked = [tile, ...this.#asked.filter((asked) => asked !== tile)].slice(0, MAX_PLAYING);
    this.#updatePictures();
  }

  /** Makes the sound of one tile audible, or silent if it was audible. */
  async #hear(tile: Tile): Promise<void> {
    await this.startSound();
    const before = this.#audible;
    this.#audible = before === tile ? null : tile;
    for (const { picture } of [before, tile].filter((one) => one !== null)) {
      picture?.setAudible(picture === this.#audible?.picture);
    }
    this.#updatePictures();
  }
}
