/**
 * Reads hooks: `--on EVENT=COMMAND`, the keys of a `[[hook]]` table, and the webhook.
 *
 * @module
 */

import {
  type Hook,
  HOOK_FIELDS,
  HOOK_NAMES,
  type HookCommand,
  type HookField,
  type HookName,
} from "../hooks/contract.ts";
import { hidingValue, parseCommandWith } from "./command_template.ts";
import { nearestKey } from "./nearest_key.ts";
import { readSecret } from "./secret_file.ts";
import { type Place, ValueError } from "./usage_error.ts";

const EXAMPLE = `write an event and a command, such as --on "session-end=notify.sh {stream}"`;

/** Reads `EVENT=COMMAND`; several events are separated by commas. Errors do not quote it. @throws {UsageError} */
export function parseHook(text: string, place: Place): Hook {
  return hidingValue(() => {
    const at = text.indexOf("=");
    if (at === -1) throw new ValueError("it has no =", { hint: EXAMPLE });
    const events = text.slice(0, at).split(",").map((name) => parseHookName(name.trim()));
    return { events: [...new Set(events)], command: parseCommand(text.slice(at + 1)), timeoutMs: null };
  }, place);
}

/** Reads the name of an event. @throws {ValueError} */
export function parseHookName(text: string): HookName {
  const found = HOOK_NAMES.find((name) => name === text);
  if (found !== undefined) return found;
  const nearest = nearestKey(text, HOOK_NAMES);
  throw new ValueError("there is no such event for hooks", {
    hint: `${nearest === null ? "" : `did you mean ${nearest}? `}events: ${HOOK_NAMES.join(", ")}`,
  });
}

/** Reads a command. Errors do not quote it. @throws {UsageError} */
export function parseHookCommand(text: string, place: Place): HookCommand {
  return hidingValue(() => parseCommand(text), place);
}

function parseCommand(text: string): HookCommand {
  return parseCommandWith(text, (name): HookField => {
    const field = HOOK_FIELDS.find((known) => known === name);
    if (field !== undefined) return field;
    throw new ValueError("it has an unknown field", {
      hint: `fields: ${HOOK_FIELDS.map((known) => `{${known}}`).join(", ")}; write {{ for a brace`,
    });
  });
}

/** Reads the URL of a webhook. Errors do not quote it, because it may contain a secret. @throws {UsageError} */
export function parseWebhook(text: string, place: Place): string {
  return hidingValue(() => {
    const url = URL.parse(text);
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new ValueError("it is not an http or https URL", { hint: "write https://HOST/PATH" });
    }
    if (url.username !== "" || url.password !== "") {
      throw new ValueError("it has a user or a password", {
        hint: "sign the messages instead: --webhook-secret-file FILE",
      });
    }
    url.hash = "";
    return url.href;
  }, place);
}

/** Reads the secret of a webhook: the first line of `path`. @throws {UsageError} */
export function readWebhookSecret(path: string): string {
  return readSecret(path, { name: "webhook secret", minBytes: 1 });
}
