/**
 * The contract between the listener and its hook process, which starts the commands of `--on` and posts to `--webhook`.
 *
 * The hook process is this program again, started only if there are hooks: from source workers/hooks.ts, otherwise the executable
 * with the arguments `child hooks`. The listener writes {@linkcode HookOrder}s to its stdin, one JSON object per line, and reads
 * {@linkcode HookReport}s from its stdout. After the order `finish`, the process exits once all hooks are done or their time is
 * over. If stdin ends before that, the listener has died or does not wait any more: the process kills all commands and exits.
 *
 * This file imports nothing.
 *
 * @module
 */

/** The events that hooks can be set for, in the order in which they are documented. */
export const HOOK_NAMES = [
  "session-start",
  "no-data",
  "data-again",
  "missing",
  "segment",
  "session-end",
  "refused",
  "pull-failed",
  "disk-low",
] as const;

/** An event that hooks can be set for. */
export type HookName = typeof HOOK_NAMES[number];

/** The fields that the arguments of a command can have. */
export const HOOK_FIELDS = ["event", "session", "stream", "file", "address", "reason"] as const;

/** A field in an argument. */
export type HookField = typeof HOOK_FIELDS[number];

/** A command: the program, then its arguments; each consists of literal text and fields. The program has no fields. */
export type HookCommand = readonly (readonly (string | { readonly field: HookField })[])[];

/** A command for some events. */
export interface Hook {
  readonly events: readonly HookName[];
  readonly command: HookCommand;
  /** How long it may run, in ms; null: as long as {@linkcode HookRules.timeoutMs}. */
  readonly timeoutMs: number | null;
}

/** The commands, and their limits. They can change while the process runs. */
export interface HookRules {
  readonly hooks: readonly Hook[];
  /** How many commands may run at the same time, 1 or more. */
  readonly atOnce: number;
  readonly timeoutMs: number;
}

/** Where messages are posted. The URL and the key are both secret. */
export interface Webhook {
  readonly url: string;
  /** Key of the signature, or null if there is none. */
  readonly secret: string | null;
}

/** One event for the hooks. */
export interface HookMessage {
  readonly name: HookName;
  /** Complete JSON text for stdin and for the webhook. */
  readonly json: string;
  /** Values of the fields in arguments. Each is safe anywhere in an argument. A value that is not known is empty. */
  readonly fields: Readonly<Record<HookField, string>>;
  /** Environment variables of this event, as `NAME=VALUE`. */
  readonly variables: readonly string[];
}

/** A line from the listener. */
export type HookOrder =
  /** The first line. */
  | {
    readonly kind: "begin";
    readonly webhook: Webhook | null;
    /** Variables of all commands, as `NAME=VALUE`. */
    readonly environment: readonly string[];
    /** Working folder of the commands. */
    readonly folder: string;
  }
  | { readonly kind: "rules"; readonly rules: HookRules }
  | { readonly kind: "message"; readonly message: HookMessage }
  /** No more messages follow. */
  | { readonly kind: "finish" };

/** Parses a line that the same program sent. Returns null if it is incomplete: its sender was killed, or it was too long. */
export function parseLine<Line extends HookOrder | HookReport>(line: string): Line | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** A line to the listener. */
export type HookReport =
  /** `text`: for `Reporter.warn`, not escaped. */
  | { readonly kind: "warning"; readonly text: string }
  | { readonly kind: "debug"; readonly text: string }
  /** A command has started, or it has ended. `group`: its process group, which the listener kills if the hook process dies. */
  | { readonly kind: "started"; readonly group: number }
  | { readonly kind: "ended"; readonly group: number };
