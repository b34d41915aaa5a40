/**
 * Makes the messages of hooks from the events of a run.
 *
 * @module
 */

import { UNSAFE } from "../packet/secret_text.ts";
import { sanitize } from "../recording/file_name.ts";
import { formatEndpoint } from "../report/format.ts";
import { startOf } from "../report/start_of.ts";
import type { SessionStartEvent, SplitterEvent } from "../vocabulary/events.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { isCleanEnd } from "../vocabulary/values.ts";
import type { HookField, HookMessage, HookName } from "./contract.ts";

/** Longest stream name in an argument, in bytes. Our choice: as in file names. */
const NAME_BYTES = 180;

/** Longest value of a variable, in characters. Our choice: the kernel allows 128 KiB for each. */
const VALUE_CHARACTERS = 4096;

/** Follows the events of a run. Its memory grows only with the number of running sessions. */
export class HookMessages {
  /** Starts of sessions for which no `session-proven` has arrived: their callers may not be real. */
  readonly #unproven = new Map<string, SessionStartEvent>();
  /** The caller of each running session. */
  readonly #callers = new Map<string, Endpoint>();
  /** For each running session, the last file that was reported as complete. */
  readonly #complete = new Map<string, string>();

  /** Returns the messages that follow from an event: none, one, or two. */
  of(event: SplitterEvent): readonly HookMessage[] {
    switch (event.event) {
      case "session-start":
        this.#callers.set(event.session, event.caller);
        this.#unproven.set(event.session, event);
        return [];
      case "session-adopted":
        this.#callers.set(event.session, event.caller);
        if (!event.proven) this.#unproven.set(event.session, startOf(event));
        return [];
      case "session-proven": {
        const start = this.#unproven.get(event.session);
        this.#unproven.delete(event.session);
        return start === undefined ? [] : [hookMessage("session-start", start, start)];
      }
      case "segment":
        if (event.previous === null || event.previousGone) return [];
        this.#complete.set(event.session, event.previous);
        return [hookMessage("segment", event, { file: event.previous, caller: this.#callerOf(event) })];
      case "session-end": {
        const isReported = !this.#unproven.delete(event.session);
        const before = this.#complete.get(event.session);
        this.#complete.delete(event.session);
        this.#callers.delete(event.session);
        const { file } = event;
        return [
          // a caller without payload adds nothing to the file that it continues (--rejoin)
          ...(file === null || file === before || event.attempt ? [] : [hookMessage("segment", event, event)]),
          ...(isReported || !isCleanEnd(event.reason) ? [hookMessage("session-end", event, event)] : []),
        ];
      }
      case "no-data":
      case "data-again":
      case "missing":
        return [hookMessage(event.event, event, { file: null, caller: this.#callerOf(event) })];
      case "refused":
        return [hookMessage(event.event, event, { file: null, caller: event.caller })];
      case "pull-failed":
      case "disk-low":
        return [hookMessage(event.event, event, { file: null, caller: null })];
      default:
        return [];
    }
  }

  #callerOf({ session }: { readonly session: string }): Endpoint | null {
    return this.#callers.get(session) ?? null;
  }
}

/** Makes one message. `file` and `caller`: those that it is about, or null. */
function hookMessage(
  name: HookName,
  event: SplitterEvent,
  { file, caller }: { readonly file: string | null; readonly caller: Endpoint | null },
): HookMessage {
  const { session = null, stream = null, listener = null, reason = null, text = null } = event as Partial<
    Record<"session" | "stream" | "listener" | "text", string | null> & { readonly reason: string | number | null }
  >;
  const values: Readonly<Record<string, string | null>> = {
    EVENT: name,
    TIME: event.time,
    SESSION: session,
    STREAM: stream,
    FILE: file,
    CALLER: caller === null ? null : formatEndpoint(caller),
    LISTENER: listener,
    REASON: reason === null ? null : String(reason),
    TEXT: text,
  };
  const fields: Record<HookField, string> = {
    event: name,
    session: session ?? "",
    stream: sanitize(stream ?? "", NAME_BYTES),
    file: file ?? "",
    address: caller?.address ?? "",
    reason: values["REASON"] ?? "",
  };
  const json = JSON.stringify({ ...event, hook: name, ...(name === "segment" ? { completed: file } : {}) });
  return { name, json, fields, variables: Object.entries(values).flatMap(variable) };
}

/** Formats a variable, without characters that cannot be printed, such as NUL. Returns none if the value is null. */
function variable([name, value]: readonly [string, string | null]): readonly string[] {
  if (value === null) return [];
  // a path must stay exact; the part that the caller chose was sanitized when the file was named
  const text = name === "FILE" ? value : value.replaceAll(UNSAFE, "").slice(0, VALUE_CHARACTERS);
  return [`SRT_SPLITTER_${name}=${text}`];
}
