/**
 * The command `sessions`, which lists what running listeners record, once or again and again.
 *
 * @module
 */

import type { ListenAddress } from "../mod/cli/address.ts";
import type { SessionsSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import type { ControlAnswer, ListedSession } from "../mod/handoff/control_message.ts";
import { type ControlPlace, formatPlace } from "../mod/handoff/control_name.ts";
import { type Libc, openLibc } from "../mod/os/libc.ts";
import { Readiness } from "../mod/os/readiness.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { formatCount, formatDuration, formatList } from "../mod/report/format.ts";
import { ANSWER_MS, connect, findListeners, reportNone, reportSilent } from "./control_connection.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** Time between two lists of `--watch`, in ms. Our choice: the listener's own table changes as often. */
const WATCH_MS = 1000;
/** Maximum number of called listeners that the title of a `record` command names. */
const NAMED_LISTENERS = 3;

/** What a listener has answered; null if it has not. */
interface Listed {
  readonly place: ControlPlace;
  readonly answer: Extract<ControlAnswer, { readonly answer: "sessions" }> | null;
}

type UnconnectedPull = NonNullable<NonNullable<Listed["answer"]>["unconnectedPulls"]>[number];

/** Lists the running sessions, and returns the exit code. */
export async function runSessions(
  settings: SessionsSettings,
  process: RoleProcess,
  output: Output,
): Promise<number> {
  const libc = openLibc();
  using readiness = new Readiness(libc);
  const list = () => listSessions(settings.listener, { libc, readiness });
  const first = await list();
  if (first.length === 0) return reportNone(settings.listener, { libc, output });
  if (settings.watch) return await watch(first, list, { ...settings, process, output });
  let code: number = EXIT.ok;
  for (const { place, answer } of first) {
    if (answer === null) code = reportSilent(place, output);
    else for (const line of await linesOf({ place, answer }, { ...settings, output })) output.out.write(`${line}\n`);
  }
  return code;
}

/** Prints the list again and again, until a signal arrives or nothing reads it. On a terminal, it is redrawn in place. */
async function watch(
  first: readonly Listed[],
  list: () => Promise<readonly Listed[]>,
  { format, process, output }: {
    readonly format: SessionsSettings["format"];
    readonly process: RoleProcess;
    readonly output: Output;
  },
): Promise<number> {
  let isStopped = false;
  let wake = () => {};
  process.onSignals(["SIGINT", "SIGTERM"], () => {
    isStopped = true;
    wake();
  });
  const draw = output.isTerminal && format === "text" ? await redrawing(output) : appending(format, output);
  for (let listed = first;; listed = await list()) {
    const lines: string[] = [];
    const time = new Date().toISOString();
    for (const { place, answer } of listed) {
      if (answer !== null) lines.push(...await linesOf({ place, answer }, { format, output, time }));
      else if (format === "text") lines.push(`${formatPlace(place)} does not answer`);
    }
    if (listed.length === 0 && format === "text") lines.push("no listener runs");
    draw(lines);
    if (!isStopped) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, WATCH_MS);
      await promise;
      clearTimeout(timer);
    }
    if (isStopped || output.out.isBroken) return EXIT.ok;
  }
}

/** Returns a function that draws lines in place of those that it has drawn before, as many as fit on the terminal. */
async function redrawing(output: Output): Promise<(lines: readonly string[]) => void> {
  const { Screen } = await import("../mod/terminal/screen.ts");
  const screen = new Screen({ write: (text) => output.out.write(text), size: output.size });
  return (lines) => {
    const room = output.size().rows - 1;
    const hidden = lines.length - room + 1;
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), `(${hidden} more lines)`];
    screen.draw(shown.join("\n"));
  };
}

/** Returns a function that prints each list after the one before. */
function appending(format: SessionsSettings["format"], output: Output): (lines: readonly string[]) => void {
  let isFirst = true;
  return (lines) => {
    const separator = isFirst || format === "json" ? "" : "\n";
    isFirst = false;
    output.out.write(`${separator}${lines.map((line) => `${line}\n`).join("")}`);
  };
}

/** Asks the listeners. Those that have ended meanwhile are left out. */
async function listSessions(
  wanted: ListenAddress | null,
  { libc, readiness }: { readonly libc: Libc; readonly readiness: Readiness },
): Promise<readonly Listed[]> {
  const listed: Listed[] = [];
  for (const place of findListeners(libc, wanted)) {
    using connection = connect(place, { libc, readiness });
    if (connection === null) continue;
    const answer = await connection.ask({ hello: "command", command: "sessions" }, ANSWER_MS);
    listed.push({ place, answer: answer?.answer === "sessions" ? answer : null });
  }
  return listed;
}

/** Formats an answer. `time`: a field of each line of JSON; absent if the list is printed once. */
async function linesOf(
  { place, answer }: { readonly place: ControlPlace; readonly answer: NonNullable<Listed["answer"]> },
  { format, output, time }: {
    readonly format: SessionsSettings["format"];
    readonly output: Output;
    readonly time?: string;
  },
): Promise<readonly string[]> {
  if (format === "json") return jsonLines(place, answer, time);
  const { sessions, unconnectedPulls = [] } = answer;
  const pulls = unconnectedPulls.map((pull) => escapeText(pullText(pull)));
  if (sessions.length === 0) return [titleOf(place, answer), ...pulls];
  const { fitTable } = await import("../mod/terminal/fit_table.ts");
  const { sessionColumns } = await import("../mod/terminal/session_row.ts");
  const width = output.isTerminal ? output.size().columns : Infinity;
  const columns = sessionColumns(sessions.map(shown), { color: false, utc: false, folder: null });
  return [titleOf(place, answer), ...fitTable(columns, width), ...pulls];
}

/** Formats the line above the sessions. For a `record` command, it names the called listeners, because `record:NUMBER` does not. */
function titleOf(place: ControlPlace, { pid, sessions, called = [] }: NonNullable<Listed["answer"]>): string {
  const title = `${formatPlace(place)}, process ${pid}: ${formatCount(sessions.length, "session")}`;
  const isRecord = place.address === "record" && called.length > 0;
  return isRecord ? `${title}, calls ${escapeText(formatList(called, NAMED_LISTENERS))}` : title;
}

function pullText({ stream, listener, text, nextCallMs }: UnconnectedPull): string {
  const next = nextCallMs === null ? "it is called now" : `the next call is in ${formatDuration(nextCallMs)}`;
  return `${stream} has no session from ${listener}: ${text}; ${next}`;
}

function jsonLines(
  { address, port }: ControlPlace,
  { pid, sessions, unconnectedPulls = [] }: NonNullable<Listed["answer"]>,
  time?: string,
): readonly string[] {
  const common = { ...(time === undefined ? {} : { time }), listener: { pid, address, port } };
  const pulls = unconnectedPulls.map((pull) => ({
    ...common,
    session: null,
    stream: pull.stream,
    unconnectedPull: pull,
  }));
  const lines = sessions.map(({ start: { event: _event, time: startTime, ...start }, figures, ...rest }) => {
    const { bytes = null, bitsPerSecond = null, statistics = null, ts = null } = figures ?? {};
    return { ...common, ...start, start: startTime, ...rest, bytes, bitsPerSecond, statistics, ts };
  });
  return [...lines, ...pulls].map((line) => escapeText(JSON.stringify(line)));
}

function shown({ start, file, figures, durationMs }: ListedSession) {
  return { start, stream: start.stream, file, state: null, figures, recent: null, lastMissing: null, durationMs };
}
