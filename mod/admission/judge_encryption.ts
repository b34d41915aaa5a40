/**
 * Whether a caller knows a passphrase that is valid for it, and which.
 *
 * @module
 */

import type { KeyMaterial } from "../packet/kmreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { escapeUnsafe } from "../packet/secret_text.ts";
import { passphraseFits } from "./passphrase_check.ts";
import type { TermsInForce } from "./policy.ts";
import { reject } from "./reject.ts";
import type { TryBudgets } from "./try_budget.ts";
import type { Challenge, Reject } from "./verdict.ts";

/** A rejection, a proof that has to come first, or the passphrase for the child. */
export type EncryptionVerdict = Reject | Challenge | { readonly kind: "fits"; readonly passphrase: string | null };

/** Who tries a passphrase, and what is left of the tries. */
export interface PassphraseTry {
  readonly address: string;
  /** It brought back a secret cookie. */
  readonly proven: boolean;
  readonly budgets: TryBudgets;
  /** A clock in ms that never goes back. */
  readonly nowMs: number;
}

/** Judges by the passphrases alone. */
export async function judgeEncryption(
  keyMaterial: KeyMaterial | null,
  { passphrases, table, user, unknownUser }: TermsInForce,
  { address, proven, budgets, nowMs }: PassphraseTry,
): Promise<EncryptionVerdict> {
  const rule = user?.source ?? (table?.terms.passphrases ? table.source : null);
  if (keyMaterial === null) {
    if (passphrases === null) return { kind: "fits", passphrase: null };
    return reject(REJECTION.UNSECURE, {
      text: "the caller does not encrypt, and a passphrase is required here",
      advice: "give the caller the passphrase",
      rule,
    });
  }
  if (passphrases === null && unknownUser !== null) {
    return reject(REJECTION.UNSECURE, {
      text: `the caller encrypts, and there is no passphrase for its user: no [[user]] is called ${quote(unknownUser)}`,
      advice: "write the user in the caller's stream ID exactly as in the file, or add a [[user]] of that name",
    });
  }
  if (passphrases === null) {
    return reject(REJECTION.UNSECURE, {
      text: "the caller encrypts, and no passphrase is set here",
      advice: "start the listener with --passphrase-file, or remove the passphrase from the caller",
    });
  }
  const budget = proven ? budgets.proven : budgets.strangers;
  if (!budget.take(address, { tries: passphrases.length, nowMs })) {
    if (!proven) return { kind: "challenge" }; // the tries may have been used up in its name
    return reject(REJECTION.OVERLOAD, {
      text: "too many passphrases were tried",
      advice:
        "set the right passphrase in the callers that try again and again; this one may call again in some seconds",
    });
  }
  for (const { value } of passphrases) {
    if (await passphraseFits(value, keyMaterial)) return { kind: "fits", passphrase: value };
  }
  const stranger = unknownUser === null ? "" : `, and no [[user]] is called ${quote(unknownUser)}`;
  return reject(REJECTION.BADSECRET, {
    text: passphrases.length === 1
      ? `the caller's passphrase is not the one set here${stranger}`
      : `the caller's passphrase is none of the ${passphrases.length} set here${stranger}`,
    advice: "compare the passphrases on both sides",
    rule,
  });
}

function quote(user: string): string {
  return JSON.stringify(escapeUnsafe(user));
}
