/**
 * The commands `stop`, `cut` and `ban`, which send requests to the control sockets of running listeners.
 *
 * @module
 */

import type { BanSettings, CutSettings, StopSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { type AnsweredBan, type ControlRequest, MAX_NAMED } from "../mod/handoff/control_message.ts";
import { type ControlPlace, formatPlace } from "../mod/handoff/control_name.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { formatCount, formatDuration } from "../mod/report/format.ts";
import type { SessionEndEvent } from "../mod/vocabulary/events.ts";
import { isCleanEnd } from "../mod/vocabulary/values.ts";
import { ANSWER_MS, type Connection, processOf, reportSilent, withOneListener } from "./control_connection.ts";
import type { Output } from "./output.ts";

/** How long named sessions may take to end: the longest latency (60 s), and what a listener allows after that. */
const STOP_MS = 120_000;
/** How long new files may take to begin: more than a listener waits for them. */
const CUT_MS = 20_000;

/** Ends sessions or a listener, and returns the exit code. */
export async function runStop({ listener, sessions, format }: StopSettings, output: Output): Promise<number> {
  if (sessions !== null) refuseTooMany("stop", sessions, "give --all to stop the listener too");
  return await withOneListener(listener, output, async ({ place, connection }) => {
    if (sessions === null) return await stopListener(place, connection, { format, output });
    const answer = await connection.ask({ hello: "command", command: "stop", sessions }, STOP_MS);
    if (answer?.answer === "failed") {
      output.error(`not all of the sessions were stopped: ${answer.problem}`);
      return EXIT.notDone;
    }
    if (answer?.answer !== "stop") return reportSilent(place, output);
    for (const end of answer.ended) printLine(end, { text: endText(end), format, output });
    const { pid, notCalled = [], endedPulls = [], wereStopped = [] } = answer;
    const again = place.address === "record" ? "run its command again" : `kill -HUP ${pid}`;
    const printPull = (name: string, text: string) =>
      printLine({ notCalled: name }, { text: `${name} ${text}; to call it again: ${again}`, format, output });
    for (const name of endedPulls) printPull(name, "is not called any more");
    for (const name of notCalled) printPull(name, "ended: it had no session, and is not called any more");
    for (const name of wereStopped) printPull(name, "was already stopped, and is not called");
    for (const session of answer.refused) output.error(`session ${session} had not begun, and its caller was refused`);
    reportUnknown(answer.unknown, output);
    const isDone = answer.unknown.length + answer.refused.length === 0 &&
      answer.ended.every(({ reason }) => isCleanEnd(reason));
    return isDone ? EXIT.ok : EXIT.notDone;
  });
}

/** Begins a new file of sessions, and returns the exit code. */
export async function runCut({ listener, sessions, format }: CutSettings, output: Output): Promise<number> {
  refuseTooMany("cut", sessions, "run the command several times");
  return await withOneListener(listener, output, async ({ place, connection }) => {
    const answer = await connection.ask({ hello: "command", command: "cut", sessions }, CUT_MS);
    if (answer?.answer !== "cut") return reportSilent(place, output);
    for (const cut of answer.cut) {
      printLine(cut, { text: `${cut.session} continues in ${cut.file}; complete: ${cut.previous}`, format, output });
    }
    for (const { session, problem } of answer.failed) output.error(`session ${session} was not cut: ${problem}`);
    reportUnknown(answer.unknown, output);
    return answer.failed.length + answer.unknown.length === 0 ? EXIT.ok : EXIT.notDone;
  });
}

/** Bans callers, lifts a ban or lists the bans, and returns the exit code. */
export async function runBan(settings: BanSettings, output: Output): Promise<number> {
  const { listener, subject, format } = settings;
  return await withOneListener(listener, output, async ({ place, connection }) => {
    const request = banRequest(settings);
    const answer = await connection.ask(request, request.command === "ban" ? STOP_MS : ANSWER_MS);
    const print = (value: object, text: string) => printLine(value, { text, format, output });
    switch (answer?.answer) {
      case "ban": {
        const { ban, ended, refused, pulled = [] } = answer;
        if (format === "json") print({ ...ban, ended, refused, pulled }, "");
        else for (const text of [banText(ban), ...ended.map(endText)]) print({}, text);
        if (pulled.length > 0) output.warn(pulledText(pulled, listener === null ? null : place));
        return ended.every(({ reason }) => isCleanEnd(reason)) ? EXIT.ok : EXIT.notDone;
      }
      case "lifted":
        print({ lifted: answer.subject }, `the ban of ${JSON.stringify(answer.subject)} is lifted`);
        return EXIT.ok;
      case "bans":
        for (const ban of answer.bans) print(ban, banText(ban));
        if (answer.bans.length === 0 && format === "text") print({}, "there is no ban");
        return EXIT.ok;
      case "failed":
        output.error(`cannot ${settings.lift ? "lift" : "ban"} ${JSON.stringify(subject)}: ${answer.problem}`);
        return EXIT.notDone;
      default:
        return reportSilent(place, output);
    }
  });
}

function banRequest({ subject, forMs, lift }: BanSettings): ControlRequest {
  if (subject === null) return { hello: "command", command: "bans" };
  return lift
    ? { hello: "command", command: "lift-ban", subject }
    : { hello: "command", command: "ban", subject, forMs };
}

function banText({ kind, subject, remainingMs }: AnsweredBan): string {
  const until = remainingMs === null ? "until the listener stops" : `for ${formatDuration(remainingMs)}`;
  return `${kind === "address" ? "address" : "stream name"} ${JSON.stringify(subject)} is banned ${until}`;
}

/** @param named The listener, if the command had to name it. */
function pulledText(pulled: readonly string[], named: ControlPlace | null): string {
  const [is, it] = pulled.length === 1 ? ["is", "it"] : ["are", "them"];
  return `${pulled.join(", ")} ${is} pulled, and a ban is for callers only\nto end ${it}: srt-splitter stop ${
    pulled.join(" ")
  }${named === null ? "" : ` --listener ${formatPlace(named)}`}`;
}

function endText({ session, text, file }: SessionEndEvent): string {
  return `${session} ended: ${text}${file === null ? "" : `, file ${file}`}`;
}

function refuseTooMany(command: string, sessions: readonly string[], otherwise: string): void {
  if (sessions.length <= MAX_NAMED) return;
  throw new UsageError(`cannot ${command} ${sessions.length} sessions at once`, {
    hint: `name at most ${MAX_NAMED}, or ${otherwise}`,
  });
}

function reportUnknown(names: readonly string[], output: Output): void {
  for (const name of names) output.error(`no running session is named ${JSON.stringify(name)}`);
}

/** Prints what has happened: as text, or as a line of JSON. */
function printLine(
  value: object,
  { text, format, output }: {
    readonly text: string;
    readonly format: "text" | "json";
    readonly output: Output;
  },
): void {
  output.out.write(`${escapeText(format === "json" ? JSON.stringify(value) : text)}\n`);
}

async function stopListener(
  place: ControlPlace,
  connection: Connection,
  { format, output }: Pick<StopSettings, "format"> & { readonly output: Output },
): Promise<number> {
  const answer = await connection.ask({ hello: "command", command: "stop-all" }, ANSWER_MS);
  if (answer?.answer !== "stopping") return reportSilent(place, output);
  // without a deadline: a listener may wait for its hooks for as long as --hook-timeout allows
  if (!await connection.stopped()) return reportCutOff(place, output);
  const { pid, sessions } = answer;
  const { address, port } = place;
  const text = `${processOf(place)} has stopped, and ${
    sessions === 0 ? "no session was running" : `has ended ${formatCount(sessions, "session")}`
  }`;
  output.out.write(`${format === "json" ? JSON.stringify({ stopped: { pid, address, port }, sessions }) : text}\n`);
  return EXIT.ok;
}

function reportCutOff(place: ControlPlace, output: Output): number {
  output.error(
    `${processOf(place)} has ended without confirming a clean stop\n` +
      "it was killed, or has failed; its sessions may continue",
  );
  return EXIT.noListener;
}
