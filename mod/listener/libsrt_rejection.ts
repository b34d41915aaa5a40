/**
 * Explains why libsrt rejected a caller that the listener had admitted.
 *
 * @module
 */

import { type Reject, reject } from "../admission/verdict.ts";
import { describeRejection, REJECTION } from "../packet/rejection_reason.ts";

const ADVICE: ReadonlyMap<number, string> = new Map([
  [REJECTION.RESOURCE, "make more memory available on this machine, or lower the latency of the caller"],
  [REJECTION.VERSION, "update the caller"],
  [REJECTION.BADSECRET, "check the passphrase on the caller and on the listener"],
  [REJECTION.UNSECURE, "check passphrase, pbkeylen and cryptomode in the caller"],
  [REJECTION.FILTER, "change packetfilter in the caller, or remove it"],
  [REJECTION.CRYPTO, "set cryptomode=1 in the caller, or remove cryptomode"],
]);

/** Makes the rejection with the reason (API value) that libsrt gave the caller. */
export function explainRejection(reason: number): Reject {
  const { name, text } = describeRejection(reason);
  return reject(reason, {
    text: `libsrt rejected it: ${text} (${name})`,
    advice: ADVICE.get(reason) ?? "update the caller; if that does not help, report it with its name and version",
  });
}
