/**
 * Version of srt-splitter.
 *
 * @module
 */

/** Version of this program, as in deno.json. A constant, so that nothing has to be read to know it. */
export const VERSION = "0.1.0";
