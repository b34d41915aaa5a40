/**
 * Judges a caller by its passphrase, and finds out which of the valid passphrases it uses.
 *
 * @module
 */

import { type KeyMaterial, KMREQ_CIPHER } from "../packet/kmreq.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import { escapeUnsafe } from "../packet/secret_text.ts";
import { passphraseFits } from "./passphrase_check.ts";
import type { TermsInForce } from "./policy.ts";
import { TryBudget } from "./try_budget.ts";
import { type Challenge, type Reject, reject } from "./verdict.ts";
import { type WrongCaller, WrongPassphrases } from "./wrong_passphrases.ts";

/** A rejection, a challenge, or the passphrase for the child: null if the caller does not encrypt. Secret. */
export type EncryptionVerdict =
  /** `delayMs`: how long the answer is delayed. */
  | (Reject & { readonly delayMs?: number })
  | Challenge
  | { readonly kind: "fits"; readonly passphrase: string | null };

/** What a listener remembers of the passphrases that it tried. */
export class PassphraseTries {
  readonly unproven = new TryBudget();
  /** For callers that returned a secret cookie. */
  readonly proven = new TryBudget();
  readonly wrong = new WrongPassphrases();
}

/** The caller whose passphrase is tried, and what its trial depends on. */
export interface PassphraseTry extends WrongCaller {
  /** It returned a secret cookie. */
  readonly proven: boolean;
  readonly tries: PassphraseTries;
  /** The libsrt of the session. */
  readonly libsrt: { readonly version: string; readonly aesGcm: boolean };
  /** A monotonic clock, in ms. */
  readonly nowMs: number;
}

/**
 * Judges by the encryption alone. Uses tries of the caller's budget, unless the KMREQ is known to fit none of the valid
 * passphrases.
 */
export async function judgeEncryption(
  keyMaterial: KeyMaterial | null,
  terms: TermsInForce,
  { proven, tries, libsrt, nowMs, ...caller }: PassphraseTry,
): Promise<EncryptionVerdict> {
  const { passphrases, srt } = terms;
  if (keyMaterial === null || passphrases === null) {
    const mayBePlain = passphrases === null || srt.enforcedencryption === false;
    if (keyMaterial === null && mayBePlain) return { kind: "fits", passphrase: null };
    return rejectOneSided(keyMaterial, terms);
  }
  if (keyMaterial.cipher === KMREQ_CIPHER.AES_GCM && !libsrt.aesGcm) {
    return reject(REJECTION.CRYPTO, {
      text:
        `the caller encrypts with AES-GCM (cryptomode), which libsrt ${libsrt.version} of this machine cannot decrypt`,
      advice: "set cryptomode=1 (AES-CTR) in the caller, or use a libsrt that supports AES-GCM (--libsrt FILE)",
    });
  }
  if (!tries.wrong.isKnown(keyMaterial, passphrases)) {
    const budget = proven ? tries.proven : tries.unproven;
    if (!budget.take(caller, { tries: passphrases.length, nowMs })) {
      // handshakes with forged addresses may have used up the tries
      return proven ? tooManyTries(tries.wrong.lastOf(caller.address)) : { kind: "challenge", cause: "tries" };
    }
    for (const { value } of passphrases) {
      if (await passphraseFits(value, keyMaterial)) return { kind: "fits", passphrase: value };
    }
    tries.wrong.remember(keyMaterial, passphrases);
  }
  return wrongPassphrase(terms, { tried: passphrases.length, delayMs: tries.wrong.add(caller, nowMs) });
}

/** Rejects a caller because only one side has a passphrase. */
function rejectOneSided(keyMaterial: KeyMaterial | null, terms: TermsInForce): Reject {
  if (keyMaterial === null) {
    return reject(REJECTION.UNSECURE, {
      text: "the caller does not encrypt, and a passphrase is required",
      advice: "set the passphrase in the caller",
      rule: ruleOf(terms),
    });
  }
  if (terms.unknownUser !== null) {
    return reject(REJECTION.UNSECURE, {
      text: `the caller encrypts, and no passphrase is set for its user: there is no [[user]] named ${
        quote(terms.unknownUser)
      }`,
      advice: "set the user in the caller's stream ID to the name of a [[user]] table, or add a table for it",
    });
  }
  return reject(REJECTION.UNSECURE, {
    text: "the caller encrypts, and no passphrase is set",
    advice: "start the listener with --passphrase-file, or remove the passphrase from the caller",
  });
}

function wrongPassphrase(
  terms: TermsInForce,
  { tried, delayMs }: { readonly tried: number; readonly delayMs: number },
): Reject & { readonly delayMs: number } {
  const which = tried === 1 ? "wrong" : `none of the ${tried} valid ones`;
  const unknown = terms.unknownUser === null ? "" : `, and there is no [[user]] named ${quote(terms.unknownUser)}`;
  const again = delayMs === 0 ? "" : "; it calls again and again, so its answers are delayed";
  return {
    ...reject(REJECTION.BADSECRET, {
      text: `the caller's passphrase is ${which}${unknown}${again}`,
      advice: delayMs === 0
        ? "check the passphrase on the caller and on the listener"
        : "set the right passphrase in this caller, or stop it",
      rule: ruleOf(terms),
    }),
    delayMs,
  };
}

/** Rejects a caller whose passphrase is not tried. `last`: the last caller from its address with a wrong passphrase. */
function tooManyTries(last: WrongCaller | null): Reject {
  const text = "too many passphrases were tried";
  if (last === null) return reject(REJECTION.OVERLOAD, { text, advice: "call again in a few seconds" });
  const stream = last.stream === null ? "without a stream name" : `with the stream name ${quote(last.stream)}`;
  return {
    ...reject(REJECTION.OVERLOAD, {
      text: `${text}, the last wrong one by ${last.address} port ${last.port} ${stream}`,
      advice: "correct the passphrase in the callers that keep trying, and wait a few seconds before the next call",
    }),
    cause: text,
  };
}

/** The operator's rule that sets the passphrases, or null. */
function ruleOf({ user, table }: TermsInForce): string | null {
  return user?.source ?? (table?.terms.passphrases ? table.source : null);
}

function quote(name: string): string {
  return JSON.stringify(escapeUnsafe(name));
}
