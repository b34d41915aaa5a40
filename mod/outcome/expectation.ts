/**
 * What `--expect` can ask for.
 *
 * @module
 */

/** Of the run as a whole. `stream` is a session's name that must (not) have been there; the others are counts. */
export type RunQuantity = "sessions" | "failed" | "refused" | "total-bytes" | "stream";

/** Of each session: every one of the run must fulfil it. */
export type SessionQuantity = "bytes" | "duration" | "rate" | "loss" | "drop" | "undecrypted" | "ts-errors";

/** How the value seen is compared with the one expected. */
export type Operator = "=" | "!=" | ">=" | "<=" | ">" | "<";

/** One `--expect`. */
export type Expectation =
  & {
    /** As it was typed: its name in every report. */
    readonly text: string;
    readonly operator: Operator;
  }
  & (
    | { readonly quantity: "stream"; readonly operator: "=" | "!="; readonly value: string }
    | {
      readonly quantity: Exclude<RunQuantity, "stream"> | SessionQuantity;
      /** In bytes, ms, bit/s, or a count. */
      readonly value: number;
    }
  );
