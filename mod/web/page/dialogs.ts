/**
 * The dialogs that confirm orders.
 *
 * @module
 */

/// <reference lib="dom" />

import type { AnsweredBan } from "../../handoff/control_message.ts";
import { escapeText } from "../../report/escape_text.ts";
import { formatBytes, formatCount, formatDuration } from "../../report/format.ts";
import type { SessionEndEvent } from "../../vocabulary/events.ts";
import { order, RequestError } from "./api.ts";
import { find, make, setText } from "./dom.ts";
import type { TileOrder } from "./tile.ts";
import type { RunningSession } from "../api_schema.ts";
import { fileText, type TileView } from "./tile_view.ts";

/** What is asked before an order, and how it is carried out. */
interface Question {
  readonly title: string;
  readonly text: string;
  /** The text of the button. */
  readonly action: string;
  readonly fields: readonly HTMLElement[];
  /** Carries it out, and returns the result as text. */
  readonly carryOut: (fields: FormData) => Promise<string>;
}

/** How long a ban may be in force: the text, and the time in ms; empty: until the listener stops. */
const BAN_TIMES = [["until the listener stops", ""], ["10 minutes", "600000"], ["1 hour", "3600000"], [
  "1 day",
  "86400000",
]] as const;

/** An order that was given with a button of a tile. */
export interface AskedOrder {
  readonly kind: TileOrder;
  readonly view: TileView;
  /** Folder of recordings; null if there is none. */
  readonly folder: string | null;
}

/** Asks for confirmation, carries the order out, and shows the result. */
export function confirmOrder(asked: AskedOrder): void {
  const question = questionOf(asked);
  if (question !== null) ask(question);
}

/** Asks for confirmation, lifts a ban, and shows the result. */
export function confirmLift({ subject }: AnsweredBan): void {
  const name = escapeText(subject);
  ask({
    title: `Lift the ban of ${name}?`,
    text: "Its callers are admitted again.",
    action: "Lift",
    fields: [],
    carryOut: async () => {
      await order(`api/bans?subject=${encodeURIComponent(subject)}`, { method: "DELETE" });
      return `the ban of ${name} is lifted`;
    },
  });
}

/** Names the file of a recording, or its number of files and the last of them; empty if there is none. */
function filesText({ file, files }: Pick<SessionEndEvent, "file" | "files">, folder: string | null): string {
  if (file === null) return "";
  const last = fileText(file, folder);
  return files.length > 1 ? ` in ${files.length} files, the last one is ${last}` : ` in ${last}`;
}

function questionOf({ kind, view: { name, running, lost }, folder }: AskedOrder): Question | null {
  if (kind === "clear") return lost === null ? null : clearQuestion(name, lost);
  if (running === null) return null;
  const path = `api/sessions/${encodeURIComponent(running.session)}`;
  switch (kind) {
    case "stop":
      return {
        title: `Stop ${name}?`,
        text: running.pulled
          ? "The session ends. Its listener is not called again."
          : "The session ends. The caller can connect again; to refuse it, ban it.",
        action: "Stop",
        fields: [],
        carryOut: async () => {
          const { ended } = await order<{ readonly ended: SessionEndEvent | null }>(`${path}/stop`);
          if (ended === null) return `${name}: its caller was refused, because its session had not begun`;
          return `${name} was stopped: ${formatBytes(ended.bytes)}${filesText(ended, folder)}`;
        },
      };
    case "cut":
      return {
        title: `Begin a new file of ${name}?`,
        text: "The file that is written now is completed, and the recording continues in another one.",
        action: "Cut",
        fields: [],
        carryOut: async () => {
          const { file } = await order<{ readonly file: string }>(`${path}/cut`);
          return `${name} continues in ${fileText(file, folder)}`;
        },
      };
    case "ban":
      return banQuestion(name, running);
    default:
      return kind satisfies never;
  }
}

function clearQuestion(name: string, session: string): Question {
  return {
    title: `Clear ${name}?`,
    text: "The lost session is no longer shown. Its files remain.",
    action: "Clear",
    fields: [],
    carryOut: async () => {
      await order(`api/lost/${encodeURIComponent(session)}`, { method: "DELETE" });
      return `${name} is cleared`;
    },
  };
}

function banQuestion(name: string, { stream, caller }: RunningSession): Question {
  const subjects = [...(stream === null ? [] : [["stream name", stream]]), ["address", caller.address]];
  const choices = subjects.map(([kind = "", subject = ""], index) => {
    const input = make("input", {
      type: "radio",
      name: "subject",
      value: subject,
      ...(index === 0 ? { checked: "" } : {}),
    });
    return make("label", {}, input, make("span", { text: `${kind} ${escapeText(subject)}` }));
  });
  const options = BAN_TIMES.map(([text, value]) => make("option", { text, value }));
  return {
    title: `Ban ${name}?`,
    text: "The sessions of its callers end, and its callers are refused from now on. Pulls continue.",
    action: "Ban",
    fields: [
      make("fieldset", {}, make("legend", { text: "What" }), ...choices),
      make("label", {}, make("span", { text: "How long " }), make("select", { name: "forMs" }, ...options)),
    ],
    carryOut: async (fields) => {
      const forMs = Number(fields.get("forMs")) || null;
      const body = { subject: String(fields.get("subject")), forMs };
      const { ban, ended } = await order<{ readonly ban: AnsweredBan; readonly ended: readonly unknown[] }>(
        "api/bans",
        { body },
      );
      const time = ban.remainingMs === null ? "until the listener stops" : `for ${formatDuration(ban.remainingMs)}`;
      return `${escapeText(ban.subject)} is banned ${time}; ${formatCount(ended.length, "session")} ended`;
    },
  };
}

/** Shows a question. The dialog stays open while the order is carried out, and if it fails. */
function ask({ title, text, action, fields, carryOut }: Question): void {
  const dialog = find<HTMLDialogElement>("#dialog");
  const form = find<HTMLFormElement>("#dialog form");
  const confirm = find<HTMLButtonElement>("#dialog [type=submit]");
  const problem = find("#dialog .problem");
  setText(find("#dialog h2"), title);
  setText(find("#dialog .text"), text);
  setText(confirm, action);
  setText(problem, "");
  find("#dialog .fields").replaceChildren(...fields);
  confirm.disabled = false;
  find<HTMLButtonElement>("#dialog [value=cancel]").onclick = () => dialog.close();
  form.onsubmit = async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    setText(problem, "");
    try {
      const result = await carryOut(new FormData(form));
      dialog.close();
      showResult(result);
    } catch (error) {
      setText(problem, problemText(error));
      if (!(error instanceof RequestError)) throw error; // a bug, for the console
    } finally {
      confirm.disabled = false;
    }
  };
  dialog.showModal();
}

function problemText(error: unknown): string {
  if (!(error instanceof RequestError)) {
    return `the page has failed: ${error instanceof Error ? error.message : String(error)}`;
  }
  return error.hint === null ? error.message : `${error.message} (${error.hint})`;
}

/** How long a result is shown, in ms. */
const RESULT_MS = 10_000;
let hiding: ReturnType<typeof setTimeout> | undefined;

function showResult(text: string): void {
  const status = find("#status");
  setText(status, text);
  clearTimeout(hiding);
  hiding = setTimeout(() => setText(status, ""), RESULT_MS);
}
