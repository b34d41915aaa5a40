/**
 * Lists the files that checks read, and reports whether a path exists.
 *
 * @module
 */

/** Folders that are not part of the repository, or contain texts that others wrote. */
const SKIPPED: readonly string[] = [".git", "dist", "node_modules", "recordings", "coverage", "licenses"];

const TEXT = /\.(?:ts|md|json|sh|yml)$|^\.ci\/run$/;

/**
 * Lists the `.ts` files of `parts`.
 *
 * @param root Folder, without a slash at its end
 * @param parts Files or folders, from `root`; those that do not exist are skipped
 * @returns Paths from `root`, sorted
 */
export function sourceFiles(root: string, parts: readonly string[]): readonly string[] {
  return parts.filter((part) => exists(`${root}/${part}`)).flatMap((part) => filesOf(root, part))
    .filter((file) => file.endsWith(".ts")).sort();
}

/**
 * Lists the files that people write: code, documents, scripts and settings.
 *
 * @param root Folder, without a slash at its end
 * @returns Paths from `root`, sorted
 */
export function textFiles(root: string): readonly string[] {
  return namesIn(root).flatMap((name) => filesOf(root, name)).filter((file) => TEXT.test(file)).sort();
}

function filesOf(root: string, path: string): readonly string[] {
  if (!Deno.statSync(`${root}/${path}`).isDirectory) return [path];
  return namesIn(`${root}/${path}`).flatMap((name) => filesOf(root, `${path}/${name}`));
}

function namesIn(folder: string): readonly string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).filter((name) => !SKIPPED.includes(name));
}

/** Reports whether `path` is a file, a folder, or a link to one. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
