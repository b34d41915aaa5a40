/**
 * Judges a caller by its passphrase, and finds the one of several that it uses.
 *
 * @module
 */

import type { KeyMaterial } from "../packet/kmreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { escapeUnsafe } from "../packet/secret_text.ts";
import { passphraseFits } from "./passphrase_check.ts";
import type { TermsInForce } from "./policy.ts";
import type { TryBudgets } from "./try_budget.ts";
import { type Challenge, type Reject, reject } from "./verdict.ts";

/** A rejection, a challenge, or the passphrase for the child: null if the caller does not encrypt. Secret. */
export type EncryptionVerdict = Reject | Challenge | { readonly kind: "fits"; readonly passphrase: string | null };

/** The caller whose passphrase is tried, and the budgets of tries. */
export interface PassphraseTry {
  readonly address: string;
  /** Name of its stream; null if it gave none. */
  readonly stream: string | null;
  /** It returned a secret cookie. */
  readonly proven: boolean;
  readonly budgets: TryBudgets;
  /** A clock in ms that never goes back. */
  readonly nowMs: number;
}

/** Judges by the passphrases alone. Uses up tries of the caller's budget. */
export async function judgeEncryption(
  keyMaterial: KeyMaterial | null,
  { passphrases, table, user, unknownUser }: TermsInForce,
  { address, stream, proven, budgets, nowMs }: PassphraseTry,
): Promise<EncryptionVerdict> {
  const rule = user?.source ?? (table?.terms.passphrases ? table.source : null);
  if (keyMaterial === null) {
    if (passphrases === null) return { kind: "fits", passphrase: null };
    return reject(REJECTION.UNSECURE, {
      text: "the caller does not encrypt, and a passphrase is required",
      advice: "set the passphrase in the caller",
      rule,
    });
  }
  if (passphrases === null && unknownUser !== null) {
    return reject(REJECTION.UNSECURE, {
      text: `the caller encrypts, and no passphrase is set for its user: there is no [[user]] named ${
        quote(unknownUser)
      }`,
      advice: "set the user in the caller's stream ID to a name of the file, or add a [[user]] of that name",
    });
  }
  if (passphrases === null) {
    return reject(REJECTION.UNSECURE, {
      text: "the caller encrypts, and no passphrase is set",
      advice: "start the listener with --passphrase-file, or remove the passphrase from the caller",
    });
  }
  const budget = proven ? budgets.proven : budgets.unproven;
  if (!budget.take({ address, stream }, { tries: passphrases.length, nowMs })) {
    if (!proven) return { kind: "challenge" }; // the tries may have been used up with a forged address
    return reject(REJECTION.OVERLOAD, {
      text: "too many passphrases were tried",
      advice: "correct the passphrase in the callers that keep trying, and wait some seconds before the next call",
    });
  }
  for (const { value } of passphrases) {
    if (await passphraseFits(value, keyMaterial)) return { kind: "fits", passphrase: value };
  }
  const unknown = unknownUser === null ? "" : `, and there is no [[user]] named ${quote(unknownUser)}`;
  return reject(REJECTION.BADSECRET, {
    text: passphrases.length === 1
      ? `the caller's passphrase is wrong${unknown}`
      : `the caller's passphrase is none of the ${passphrases.length} valid ones${unknown}`,
    advice: "check the passphrase on the caller and on the listener",
    rule,
  });
}

function quote(user: string): string {
  return JSON.stringify(escapeUnsafe(user));
}
