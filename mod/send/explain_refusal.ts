/**
 * A refused call in words: the reason, its number, and what to do.
 *
 * @module
 */

import { describeRejection } from "../packet/rejection_reason.ts";

/** libsrt's reason for "nobody answered" (SRT_REJ_TIMEOUT). */
export const NO_ANSWER = 16;

const ADVICE: ReadonlyMap<number, string> = new Map([
  [10, "Give the listener's passphrase with --passphrase-file FILE or SRT_SPLITTER_PASSPHRASE."],
  [11, "The listener wants a passphrase and none was given, or the other way round: --passphrase-file FILE."],
  [
    NO_ANSWER,
    "Is a listener running there, and is its UDP port open in the firewalls between? conntimeo= waits longer.",
  ],
  [1400, "Look at streamid= in the address."],
  [1401, "Look at the credentials in streamid=."],
  [1402, "The listener has too many sessions: try again later."],
  [1403, "The listener does not let this stream or this address in: ask its operator."],
  [1404, "The listener knows no such stream: look at streamid= in the address."],
  [1405, "The listener only receives: use m=publish in streamid=, or leave m out."],
  [1409, "The name is taken: use another streamid=, or end the session that has it."],
  [1503, "The listener is shutting down: try again later."],
  [1507, "The listener has no space left to record."],
]);

/** One or two lines: `refused by 192.0.2.7:9000: not allowed (SRT reason 1403, SRT_REJX_FORBIDDEN)`. */
export function explainRefusal(reason: number, listener: string): string {
  const { name, text } = describeRejection(reason);
  const what = reason === NO_ANSWER ? `no answer from ${listener}` : `refused by ${listener}`;
  const advice = ADVICE.get(reason);
  return `${what}: ${text} (SRT reason ${reason}, ${name})${advice === undefined ? "" : `\n${advice}`}`;
}
