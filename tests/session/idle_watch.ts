/**
 * A watch that sees nothing, for tests of what is around it.
 *
 * @module
 */

import type { Watch } from "../../mod/session/watch.ts";

/** Nothing is analyzed, mapped or hashed. */
export const IDLE_WATCH: Watch = {
  taps: [],
  losses: null,
  noise: null,
  health: () => null,
  foreignFormat: () => null,
  cut: () => ({ losses: null, ts: null, checksum: null }),
};
