/**
 * Reads still pictures, two at a time: a browser opens at most six connections to one server, and the statistics need some of
 * them.
 *
 * @module
 */

import { requestPicture } from "./api.ts";

const MAX_READING = 2;

/** The still pictures of the page. */
export class Stills {
  readonly #waiting: (() => void)[] = [];
  #reading = 0;

  /** Reads a picture, after those that were asked for before. @throws {RequestError} */
  async read(path: string): Promise<Blob> {
    if (this.#reading >= MAX_READING) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#reading += 1;
    try {
      return await requestPicture(path);
    } finally {
      const next = this.#waiting.shift(); // it takes the place
      if (next === undefined) this.#reading -= 1;
      else next();
    }
  }
}
