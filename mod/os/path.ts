/**
 * The parts of an absolute path, without `node:path`, which a child does not load.
 *
 * @module
 */

/** Returns the path of the folder, without a slash at its end. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Returns the name in its folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
