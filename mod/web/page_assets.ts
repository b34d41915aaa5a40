/**
 * The files of the page. In the executable, they are compressed.
 *
 * @module
 */

const FOLDER = new URL("../web/assets/", import.meta.url);

/** The files by their path on the server, with their types. */
const FILES: Readonly<Record<string, { readonly name: string; readonly type: string }>> = {
  "/": { name: "index.html", type: "text/html; charset=utf-8" },
  "/page.css": { name: "page.css", type: "text/css; charset=utf-8" },
  "/page.js": { name: "page.js", type: "text/javascript; charset=utf-8" },
  "/icon.svg": { name: "icon.svg", type: "image/svg+xml" },
};

/** What the page may load. The MediaSource that mpegts.js plays from and the still pictures have `blob:` URLs. */
export const PAGE_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self' blob:",
  "media-src blob:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

/** A file of the page. */
export interface PageAsset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Reports whether a path is that of a file of the page. */
export function isPageAsset(pathname: string): boolean {
  return Object.hasOwn(FILES, pathname);
}

/** The files of the page, each read and decompressed once. */
export class PageAssets {
  readonly #standalone: boolean;
  readonly #read = new Map<string, Promise<PageAsset>>();

  /** @param standalone Whether this is the executable (`Deno.build.standalone`). */
  constructor(standalone: boolean) {
    this.#standalone = standalone;
  }

  /** Returns a file. `pathname`: a path for which {@linkcode isPageAsset} is true. */
  get(pathname: string): Promise<PageAsset> {
    const asset = this.#read.get(pathname) ?? readPageAsset(pathname, this.#standalone);
    this.#read.set(pathname, asset);
    asset.catch(() => this.#read.delete(pathname)); // read again next time: there may have been no free descriptor
    return asset;
  }
}

/** Reads a file of the page. */
async function readPageAsset(pathname: string, standalone: boolean): Promise<PageAsset> {
  const file = FILES[pathname];
  if (file === undefined) throw new TypeError(`there is no file of the page at ${JSON.stringify(pathname)}`);
  const { name, type } = file;
  if (!standalone) return { type, bytes: await Deno.readFile(new URL(name, FOLDER)) };
  const compressed = new Blob([await Deno.readFile(new URL(`${name}.gz`, FOLDER))]).stream();
  return { type, bytes: await new Response(compressed.pipeThrough(new DecompressionStream("gzip"))).bytes() };
}
