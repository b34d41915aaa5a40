/**
 * The one form in which the program reports a problem: what failed, then what to do about it on a line of its own.
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";

/** A problem that a person can solve. Its message contains no secret. */
export class ProblemError extends Error {
  override readonly name: string = "ProblemError";

  /** What to do, without a final period. One line or more; null if there is nothing to suggest. */
  readonly hint: string | null;

  /**
   * @param message What failed: lower case, the offending value quoted, no final period
   * @param options `cause`: the error that caused it, if there is one
   */
  constructor(message: string, options: { readonly hint: string | null; readonly cause?: unknown }) {
    super(message, "cause" in options ? { cause: options.cause } : {});
    this.hint = options.hint;
  }

  /** The message, and each hint on a line of its own: the input of {@linkcode formatProblem}. */
  get text(): string {
    return this.hint === null ? this.message : `${this.message}\n${this.hint}`;
  }
}

/**
 * Formats a problem as `error: MESSAGE` and `hint: HINT` lines.
 *
 * @param text The first line is the message; every further line is a hint, or a detail of the line before if it is indented
 * @returns The lines, escaped, without an end of line after the last
 */
export function formatProblem(kind: "error" | "warning", text: string): string {
  const [message = "", ...further] = text.trimEnd().split("\n").map(escapeText);
  return [`${kind}: ${message}`, ...further.map((line) => line.startsWith(" ") ? line : `hint: ${line}`)].join("\n");
}

/** Deno's message about a missing permission. Its advice is for programmers. */
const NOT_PERMITTED =
  /\brequires (\w+) access(?: to ("(?:[^"\\]|\\.)*"|<[^>]*>|[^\s,]+))?(?:.*?), run again with the --\S+ flag\.?/gi;

/** Returns the message of what was thrown, whatever it is. */
export function messageOf(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  return text.replace(NOT_PERMITTED, (_, access: string, subject?: string) => notPermitted(access, subject));
}

/** Describes a missing permission. For some paths, Deno requires all permissions, which this program does not have. */
function notPermitted(access: string, subject = ""): string {
  if (access === "all") return "this program may not use files of the system (in /proc, /sys and /dev)";
  return `this program was started without the permission "${access}"${subject === "" ? "" : ` for ${subject}`}`;
}

/** Describes an error of the system without its number and path: `no space left on device`. */
export function systemProblem(thrown: unknown): string {
  const [text = ""] = messageOf(thrown).split(/ \(os error \d+\)/);
  // the system's own text is last; an acronym keeps its case
  return text.replace(/(?<=^|: )[A-Z](?=[a-z][^:]*$)/, (letter) => letter.toLowerCase());
}

/** Describes why a file or folder cannot be read. `what`: what was expected at its path. */
export function readProblem(thrown: unknown, what: "file" | "folder" = "file"): string {
  if (thrown instanceof Deno.errors.NotFound) return `there is no such ${what}`;
  if (thrown instanceof Deno.errors.PermissionDenied) return "this user may not read it";
  if (thrown instanceof Deno.errors.NotCapable) return messageOf(thrown);
  if (thrown instanceof Deno.errors.IsADirectory) return "it is a folder";
  if (what === "folder" && thrown instanceof Deno.errors.NotADirectory) return "it is not a folder";
  return systemProblem(thrown);
}
