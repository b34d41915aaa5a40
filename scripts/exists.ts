/**
 * Whether there is something at a path.
 *
 * Called by: the scripts that look before they read.
 * Fails: what `Deno.statSync` throws for other causes than that nothing is there.
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
