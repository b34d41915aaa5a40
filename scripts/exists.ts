/**
 * Whether there is something at a path.
 *
 * @module
 */

/** True for a file, a folder, or a link to one. */
export function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
