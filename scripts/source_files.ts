/**
 * The TypeScript files of the program.
 *
 * @module
 */

/**
 * Paths of all `.ts` files in `parts` (files or folders, from `root`), from `root`, sorted.
 *
 * @param root Folder, without a slash at its end
 */
export function sourceFiles(root: string, parts: readonly string[]): readonly string[] {
  return parts.flatMap((part) => filesOf(root, part)).sort();
}

function filesOf(root: string, part: string): string[] {
  if (part.endsWith(".ts")) return isThere(`${root}/${part}`) ? [part] : [];
  if (!isThere(`${root}/${part}`)) return [];
  return Array.from(Deno.readDirSync(`${root}/${part}`)).flatMap((entry) => {
    if (entry.isDirectory) return filesOf(root, `${part}/${entry.name}`);
    return entry.name.endsWith(".ts") ? [`${part}/${entry.name}`] : [];
  });
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
