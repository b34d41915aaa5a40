/**
 * The bundle of sessions: one file with all modules that the process of a session needs. From source, a child that reads one file
 * instead of its modules needs less processor time and memory. `scripts/bundle_session.ts` makes it. Without it, or if a module has
 * changed since, children read the modules.
 *
 * @module
 */

/** The bundle, relative to `main.ts`. */
export const SESSION_BUNDLE = "dist/session/child.js";

/** A JSON file beside it: the paths of the bundle and of all files that it was made from, with the {@linkcode fileVersion} of each. */
export const BUNDLED_FILES = "dist/session/files.json";

/**
 * Reports whether the bundle is complete, and was made from the files as they are now. Takes about 3 ms.
 *
 * @param mainModule URL of `main.ts`
 */
export function isBundleCurrent(mainModule: string): boolean {
  try {
    const versions: Record<string, string> = JSON.parse(Deno.readTextFileSync(new URL(BUNDLED_FILES, mainModule)));
    return Object.hasOwn(versions, SESSION_BUNDLE) &&
      Object.entries(versions).every(([path, version]) => fileVersion(new URL(path, mainModule)) === version);
  } catch { // there is none, it cannot be read, or a module was removed
    return false;
  }
}

/** Reports whether there is a bundle, which may be out of date. */
export function isBundleThere(mainModule: string): boolean {
  try {
    return Deno.statSync(new URL(SESSION_BUNDLE, mainModule)).isFile;
  } catch {
    return false;
  }
}

/** Describes a file as it is now, by its size and the time of its last change. */
export function fileVersion(file: URL): string {
  const { size, mtime } = Deno.statSync(file);
  return `${size}:${mtime?.getTime()}`;
}
