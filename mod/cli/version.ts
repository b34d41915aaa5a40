/**
 * Version of srt-splitter.
 *
 * Called by: workers/listen (`--version`, the `listening` event). A test holds it equal to deno.json's.
 * Fails: never.
 *
 * @module
 */

/** Version of this program, as in deno.json. A constant, so that nothing has to be read to know it. */
export const VERSION = "0.1.0";
