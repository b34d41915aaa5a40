/**
 * Explains a refused call: the reason, its number, and what to do.
 *
 * @module
 */

import { describeRejection } from "../packet/rejection_reason.ts";

/** libsrt's reason for a call that was not answered (SRT_REJ_TIMEOUT). */
export const NO_ANSWER = 16;

/** Stands for the option with the passphrase. */
const OPTION = "{option}";

const HINTS: ReadonlyMap<number, string> = new Map([
  [10, `give the listener's passphrase with ${OPTION}`],
  [11, `only one side uses a passphrase: add ${OPTION}, or leave it out`],
  [
    NO_ANSWER,
    "check that a listener runs there, and that no firewall blocks its UDP port; conntimeo= sets how long to wait",
  ],
  [1400, "check streamid= in the address"],
  [1401, "check the credentials in streamid="],
  [1402, "the listener has too many sessions: try again later"],
  [1403, "the listener does not admit this stream or this address: ask its operator"],
  [1404, "the listener does not know this stream: check streamid= in the address"],
  [1405, "the listener only receives: use m=publish in streamid=, or leave m out"],
  [1409, "the stream name is in use: choose another streamid=, or end the session that has it"],
  [1503, "the listener is shutting down: try again later"],
  [1507, "the disk of the listener is full, or its folder for recordings is missing: ask its operator"],
]);

/** Other hints for a call that receives. */
const RECEIVER_HINTS: ReadonlyMap<number, string> = new Map([
  [1402, "the listener has too many sessions: ask its operator"],
  [1405, "the listener does not send this stream: use m=request in streamid=, or leave m out"],
  [1503, "the listener is shutting down"],
]);

/**
 * Returns the problem `refused by 192.0.2.7:9000: not allowed (SRT reason 1403, SRT_REJX_FORBIDDEN)`, and a hint if there is
 * one.
 *
 * @param options `passphraseOption`: how the user gives the passphrase. `isReceiver`: whether the listener should send.
 */
export function explainRefusal(
  reason: number,
  { listener, passphraseOption, isReceiver = false }: {
    readonly listener: string;
    readonly passphraseOption: string;
    readonly isReceiver?: boolean;
  },
): string {
  const { name, text } = describeRejection(reason);
  const what = reason === NO_ANSWER ? `no answer from ${listener} in time` : `refused by ${listener}: ${text}`;
  const found = (isReceiver ? RECEIVER_HINTS.get(reason) : undefined) ?? HINTS.get(reason);
  const hint = found?.replace(OPTION, passphraseOption);
  return `${what} (SRT reason ${reason}, ${name})${hint === undefined ? "" : `\n${hint}`}`;
}
