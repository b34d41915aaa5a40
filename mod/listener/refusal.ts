/**
 * Someone who did not get in: the one form in which every refusal reaches the journal.
 *
 * @module
 */

import type { Conclusion } from "../packet/conclusion.ts";
import type { Endpoint } from "../vocabulary/schema.ts";

/** A caller and the address that it called. */
export interface CallerAddresses {
  readonly caller: Endpoint;
  readonly local: Endpoint;
}

/** A refusal. */
export interface Refusal extends CallerAddresses {
  readonly conclusion: Conclusion | null;
  /** SRT rejection reason, or null where the caller got no answer. */
  readonly reason: number | null;
  readonly text: string;
  readonly advice: string;
  readonly rule: string | null;
}
