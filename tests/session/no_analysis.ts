/**
 * An analysis without results, for tests of the parts around it.
 *
 * @module
 */

import type { PayloadAnalysis } from "../../mod/session/payload_analysis.ts";

/** Nothing is analyzed, mapped or hashed. */
export const NO_ANALYSIS: PayloadAnalysis = {
  taps: [],
  losses: null,
  noise: null,
  health: () => null,
  foreignFormat: () => null,
  continueFile: () => {},
  cut: () => ({
    losses: null,
    ts: null,
    checksum: null,
    checksumState: null,
    firstPacket: { time: null, pcr: null },
    lastPacket: { time: null, pcr: null },
  }),
};
