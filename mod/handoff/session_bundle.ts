/**
 * The bundle of sessions: one file with all modules that the process of a session needs. From source, a child that reads one file
 * instead of its modules needs less processor time and memory. `scripts/bundle_session.ts` makes it. Without it, or if a module had
 * changed when the listener started its first child, children read the modules.
 *
 * @module
 */

/** The bundle, relative to `main.ts`. */
export const SESSION_BUNDLE = "dist/session/child.js";

/** A JSON file beside it: the {@linkcode FileVersion} of the bundle and of each file that it was made from, by path. */
export const BUNDLED_FILES = "dist/session/files.json";

/** Size in bytes, and time of the last change in ms since 1970. */
export type FileVersion = readonly [size: number, changedMs: number];

/**
 * Reports whether the bundle is complete, and was made from the files as they are now. Takes about 3 ms.
 *
 * @param mainModule URL of `main.ts`
 */
export function isBundleCurrent(mainModule: string): boolean {
  try {
    const list = Deno.readTextFileSync(new URL(BUNDLED_FILES, mainModule));
    const versions: Readonly<Record<string, FileVersion>> = JSON.parse(list);
    return Object.hasOwn(versions, SESSION_BUNDLE) &&
      Object.entries(versions).every(([path, version]) => isSame(fileVersion(new URL(path, mainModule)), version));
  } catch { // there is none, it cannot be read, or a file was removed
    return false;
  }
}

/**
 * Returns a function that reports whether children can run the bundle. It compares all files, as {@linkcode isBundleCurrent} does,
 * at its first call, and at the first one after the bundle was replaced or damaged.
 */
export function bundleCheck(mainModule: string): () => boolean {
  const bundle = new URL(SESSION_BUNDLE, mainModule);
  let checked: FileVersion | null = null;
  let isCurrent = false;
  return () => {
    const version = versionIfThere(bundle);
    if (version === null) return false;
    if (checked === null || !isSame(version, checked)) isCurrent = isBundleCurrent(mainModule);
    checked = version;
    return isCurrent;
  };
}

function versionIfThere(file: URL): FileVersion | null {
  try {
    return fileVersion(file);
  } catch {
    return null;
  }
}

/** Returns the version of a file as it is now. */
export function fileVersion(file: URL): FileVersion {
  const { size, mtime } = Deno.statSync(file);
  return [size, mtime?.getTime() ?? 0];
}

/** Many archives have whole seconds only, so a file that was unpacked is the same if its seconds are. */
function isSame([size, nowMs]: FileVersion, [knownSize, knownMs]: FileVersion): boolean {
  return size === knownSize && (nowMs === knownMs || nowMs === Math.floor(knownMs / 1000) * 1000);
}
