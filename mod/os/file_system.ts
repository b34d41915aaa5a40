/**
 * Finds the file system that holds a folder. This does not read from the disk, so a disk that does not answer cannot delay it.
 *
 * @module
 */

import type { Libc } from "./libc.ts";
import { readProcFile } from "./proc.ts";

/** Returns the type of the file system that holds an absolute path, such as `ext4`; null if `/proc` does not show it. */
export function fileSystemOf(libc: Libc, path: string): string | null {
  const mounts = (readProcFile(libc, "/proc/self/mountinfo") ?? "").split("\n").flatMap((line) => {
    // proc_pid_mountinfo(5): ID, parent, device, root, mount point, options, optional fields, "-", type
    const [before = "", after = ""] = line.split(" - ");
    const point = before.split(" ")[4];
    const type = after.split(" ")[0];
    return point === undefined || type === undefined ? [] : [{ point: unescape(point), type }];
  });
  const holding = mounts.filter(({ point }) => path === point || path.startsWith(point === "/" ? "/" : `${point}/`));
  const longest = Math.max(...holding.map(({ point }) => point.length));
  return holding.findLast(({ point }) => point.length === longest)?.type ?? null; // the last one mounted covers the others
}

/** The kernel writes blanks, tabs, newlines and backslashes as octal numbers. */
function unescape(text: string): string {
  return text.replaceAll(/\\(\d{3})/g, (_, octal) => String.fromCharCode(parseInt(octal, 8)));
}
