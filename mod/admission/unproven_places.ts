/**
 * Bounds the sessions whose caller's return path is not proven: their handshakes may be forged, and each costs a process.
 *
 * At first, few may run. A caller proves itself by sending payload, or by answering for some seconds. This makes room for one
 * more, in the way that the congestion window of TCP grows. So even many real callers at once wait only briefly. If callers do
 * not prove themselves, the number of sessions stays small, and new callers must return a secret cookie
 * (`door/secret_cookie.ts`).
 *
 * @module
 */

/** Our choice: sessions of unproven callers while none proves itself. */
export const MIN_UNPROVEN = 8;
/** Our choice: more sessions than a machine can start in the time for which callers wait. */
export const MAX_UNPROVEN = 128;
/** Our choice: how long a proof makes room for another caller. */
const PROOF_MS = 10_000;
/**
 * The payload of a caller is overdue this long after the caller was accepted. Our choice: an encoder sends at once, and a
 * round trip over a satellite takes 600 ms.
 */
const OVERDUE_MS = 1500;

/**
 * Our choice: how long a session that ended while its payload was overdue still counts, so that forged handshakes do not get the
 * next places at once.
 */
const FAILURE_MS = 10_000;

/** A place, or what a caller must do without one: wait, or return a secret cookie. */
export type Placing = UnprovenPlace | "wait" | "challenge";

/** Keeps the places. Times are arguments, in ms of a monotonic clock. */
export class UnprovenPlaces {
  readonly #places = new Set<UnprovenPlace>();
  /** When callers proved themselves, oldest first. */
  #proofsMs: number[] = [];
  /** When sessions with an overdue caller ended, oldest first. */
  #failuresMs: number[] = [];
  readonly #onFreed: () => void;

  /** @param onFreed Called when there may be room for one more. */
  constructor(onFreed: () => void = () => {}) {
    this.#onFreed = onFreed;
  }

  /** Takes a place, if there is one. */
  take(nowMs: number): Placing {
    const places = [...this.#places];
    const overdue = places.filter((place) => place.isOverdue(nowMs)).length;
    this.#failuresMs = this.#failuresMs.filter((failureMs) => nowMs - failureMs < FAILURE_MS);
    if (overdue + this.#failuresMs.length >= MIN_UNPROVEN) return "challenge";
    this.#proofsMs = this.#proofsMs.filter((proofMs) => nowMs - proofMs < PROOF_MS);
    if (places.length >= Math.min(MIN_UNPROVEN + this.#proofsMs.length, MAX_UNPROVEN)) return "wait";
    const place = new UnprovenPlace({
      onProof: (proofMs) => {
        if (this.#places.has(place)) this.#proofsMs = [...this.#proofsMs, proofMs].slice(-MAX_UNPROVEN);
      },
      onLeft: (leftMs) => {
        if (!this.#places.delete(place)) return;
        if (place.isOverdue(leftMs)) this.#failuresMs = [...this.#failuresMs, leftMs].slice(-MIN_UNPROVEN);
        this.#onFreed();
      },
    });
    this.#places.add(place);
    return place;
  }
}

/** What a place reports. */
export interface UnprovenPlaceParts {
  readonly onProof: (nowMs: number) => void;
  readonly onLeft: (nowMs: number) => void;
}

/** The place of one session, until its caller proves itself or the session has ended. */
export class UnprovenPlace {
  readonly #parts: UnprovenPlaceParts;
  #acceptedMs = Infinity;

  /** Made by {@linkcode UnprovenPlaces.take} only. */
  constructor(parts: UnprovenPlaceParts) {
    this.#parts = parts;
  }

  /** Reports whether the caller was accepted some time ago and should have sent payload by now. */
  isOverdue(nowMs: number): boolean {
    return nowMs - this.#acceptedMs >= OVERDUE_MS;
  }

  /** The caller was accepted. */
  accept(nowMs: number): void {
    this.#acceptedMs = Math.min(this.#acceptedMs, nowMs);
  }

  /** The caller has proven itself: frees the place. Idempotent. */
  prove(nowMs: number): void {
    this.#acceptedMs = Infinity;
    this.#parts.onProof(nowMs);
    this.leave(nowMs);
  }

  /** Frees the place. Idempotent. */
  leave(nowMs: number): void {
    this.#parts.onLeft(nowMs);
  }
}
