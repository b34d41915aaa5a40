/**
 * The bundle of sessions: one file with all modules that the process of a session needs. From source, a child that reads one file
 * instead of its modules needs less processor time and memory. `scripts/bundle_session.ts` makes it. Without it, or if a module has
 * changed since, children read the modules.
 *
 * @module
 */

/** The bundle, relative to `main.ts`. */
export const SESSION_BUNDLE = "dist/session/child.js";

/** A JSON file beside it: the path of each module that it was made from, and its {@linkcode moduleVersion}. */
export const BUNDLED_MODULES = "dist/session/modules.json";

/**
 * Reports whether there is a bundle that was made from the modules as they are now. Takes about 3 ms.
 *
 * @param mainModule URL of `main.ts`
 */
export function isBundleCurrent(mainModule: string): boolean {
  try {
    const versions: object = JSON.parse(Deno.readTextFileSync(new URL(BUNDLED_MODULES, mainModule)));
    return Object.entries(versions).every(([path, version]) => moduleVersion(new URL(path, mainModule)) === version);
  } catch { // there is none, its list is incomplete, or a module was removed
    return false;
  }
}

/** Describes a module by its size and the time of its last change, in whole seconds, because archives have no finer time. */
export function moduleVersion(module: URL): string {
  const { size, mtime } = Deno.statSync(module);
  return `${size}:${Math.floor((mtime?.getTime() ?? 0) / 1000)}`;
}
