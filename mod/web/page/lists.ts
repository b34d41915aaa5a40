/**
 * The lists below the tiles: events, refused callers and bans.
 *
 * @module
 */

/// <reference lib="dom" />

import type { AnsweredBan } from "../../handoff/control_message.ts";
import { escapeText } from "../../report/escape_text.ts";
import { type EventText, eventText, type LineEvent } from "../../report/event_text.ts";
import { formatClock, formatDuration, formatEndpoint } from "../../report/format.ts";
import type { RefusedEvent, SplitterEvent } from "../../vocabulary/events.ts";
import { find, make, makeButton, setShown } from "./dom.ts";

/** Maximum number of events, and of refused callers. Our choice. */
const MAX_EVENTS = 60;
const MAX_REFUSED = 12;

/** Shows events, the newest first. `folder`: of recordings; null if there is none. */
export function showEvents(events: readonly SplitterEvent[], folder: string | null): void {
  const lines = events.filter(isLine).toReversed().slice(0, MAX_EVENTS).map((event) => eventLine(event, folder));
  find("#events ol").replaceChildren(...lines);
  setShown(find("#events"), lines.length > 0);
}

function isLine(event: SplitterEvent): event is LineEvent {
  return !["listening", "session-proven", "disk", "stats", "refusals"].includes(event.event);
}

function eventLine(event: LineEvent, folder: string | null): HTMLElement {
  // a newer listener may have events that are not known here
  const text: EventText | undefined = eventText(event);
  const { sign, color, parts, hint } = text?.parts === undefined
    ? { sign: "", color: null, parts: [event.event], hint: "" }
    : text;
  const inFolder = folder === null ? "" : `${folder}/`;
  const [first = "", ...rest] = parts.filter((part) => part !== null).map((part) =>
    escapeText(inFolder === "" ? part : part.replaceAll(inFolder, ""))
  );
  return make(
    "li",
    { class: color ?? "plain" },
    make("time", { text: formatClock(event.time, { utc: false }), datetime: event.time }),
    make("span", { class: "sign", text: sign.trim(), "aria-hidden": "true" }),
    make(
      "p",
      {},
      make("strong", { text: first }),
      make("span", { text: rest.length === 0 ? "" : `, ${rest.join(", ")}` }),
    ),
    ...(hint === "" ? [] : [make("p", { class: "hint", text: escapeText(hint) })]),
  );
}

/** Shows the callers that were refused, the newest first, each with the reason and what to do. */
export function showRefused(events: readonly SplitterEvent[]): void {
  const merged = new Map<string, RefusedEvent>();
  for (const event of events) {
    if (event.event !== "refused" || event.byStop) continue;
    const key = JSON.stringify([event.caller.address, event.stream, event.reason]);
    const times = (merged.get(key)?.times ?? 0) + event.times;
    merged.delete(key); // the newest one is last
    merged.set(key, { ...event, times });
  }
  const items = [...merged.values()].toReversed().slice(0, MAX_REFUSED).map(refusedItem);
  find("#refused ul").replaceChildren(...items);
  setShown(find("#refused"), items.length > 0);
}

function refusedItem({ time, caller, stream, reason, text, advice, rule, times }: RefusedEvent): HTMLElement {
  const name = stream === null ? formatEndpoint(caller) : `${escapeText(stream)} from ${formatEndpoint(caller)}`;
  const code = reason === null ? "" : ` (SRT reason ${reason})`;
  return make(
    "li",
    {},
    make("time", { text: formatClock(time, { utc: false }), datetime: time }),
    make(
      "p",
      {},
      make("strong", { text: name }),
      make("span", { text: `${times > 1 ? ` ${times} times` : ""}: ${escapeText(text)}${code}` }),
    ),
    make("p", {
      class: "hint",
      text: escapeText([advice, rule === null ? "" : `decided by ${rule}`].filter((part) => part !== "").join("; ")),
    }),
  );
}

/** Shows the bans that are in force. */
export function showBans(bans: readonly AnsweredBan[], onLift: (ban: AnsweredBan) => void): void {
  const items = bans.map((ban) => {
    const name = escapeText(ban.subject);
    const left = ban.remainingMs === null ? "until the listener stops" : `${formatDuration(ban.remainingMs)} left`;
    const button = makeButton({ text: "Lift", "aria-label": `Lift the ban of ${name}` }, () => onLift(ban));
    return make("li", {}, make("p", {}, make("strong", { text: name }), make("span", { text: `, ${left}` })), button);
  });
  const list = find("#bans ul");
  const isFocused = list.contains(document.activeElement);
  if (!isFocused || list.children.length !== items.length) list.replaceChildren(...items);
  setShown(find("#bans"), items.length > 0);
}
