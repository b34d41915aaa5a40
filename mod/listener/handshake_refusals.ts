/**
 * Refusals of callers that never got as far as admission, in words.
 *
 * @module
 */

import { REJECTION } from "../packet/rejection_reason.ts";
import type { Stall } from "./pending_caller.ts";
import type { CallerAddresses, Refusal } from "./refusal.ts";

/** What a caller is told whose CONCLUSION cannot be read. */
export const MALFORMED_REASON: number = REJECTION.ROGUE;

/** A caller in rendezvous mode: there is no answer for it. */
export function rendezvousRefusal(addresses: CallerAddresses): Refusal {
  return refusal(addresses, {
    reason: null,
    text: "the caller is in rendezvous mode, which has no answer for a refusal",
    advice: "set mode=caller in the caller",
  });
}

/** A caller with an address of one link: its scope is part of libsrt's cookie, and nobody tells it. */
export function linkLocalRefusal(addresses: CallerAddresses): Refusal {
  return refusal(addresses, {
    reason: null,
    text: "the caller comes from a link-local address (fe80::), from which libsrt cannot take it over",
    advice: "give the caller another IPv6 address, or let it call by IPv4",
  });
}

/** A caller whose CONCLUSION cannot be read; `text` says why. */
export function malformedRefusal(addresses: CallerAddresses, text: string): Refusal {
  return refusal(addresses, {
    reason: MALFORMED_REASON,
    text: `the handshake is malformed: ${text}`,
    advice: "update the caller, or look at what is between it and this machine",
  });
}

/** A caller that cannot get through: nobody else sees it. */
export function stallRefusal(addresses: CallerAddresses, stall: Stall): Refusal {
  return refusal(addresses, { reason: null, ...stall });
}

function refusal(
  { caller, local }: CallerAddresses,
  said: Pick<Refusal, "reason" | "text" | "advice">,
): Refusal {
  return { caller, local, conclusion: null, rule: null, ...said };
}
