/**
 * Absolute paths and their parts, without `node:path`: loading it takes a listener 7 ms, and a child loads no module of Node.
 *
 * @module
 */

/**
 * Returns an absolute path without empty parts, `.` and `..`.
 *
 * @param folder Where a relative `path` begins: an absolute path, or empty for the root. The working folder if it is not given.
 */
export function absolutePath(path: string, folder?: string): string {
  const parts: string[] = [];
  const whole = path.startsWith("/") ? path : `${folder ?? Deno.cwd()}/${path}`;
  for (const part of whole.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Returns the path of the folder, without a slash at its end; empty for the root. */
export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/"));
}

/** Returns the name in its folder. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
