/**
 * The commands `sessions` and `stop`, which send requests to the control sockets of running listeners.
 *
 * @module
 */

import type { ListenAddress } from "../mod/cli/address.ts";
import type { SessionsSettings, StopSettings } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { Channel } from "../mod/handoff/channel.ts";
import { ChannelMessages } from "../mod/handoff/channel_messages.ts";
import {
  type ControlAnswer,
  type ControlRequest,
  type ListedSession,
  MAX_NAMED,
  parseAnswer,
} from "../mod/handoff/control_message.ts";
import { controlName, type ControlPlace, controlPlace, controlPrefix } from "../mod/handoff/control_name.ts";
import { connectAbstract, listAbstractNames } from "../mod/os/abstract_socket.ts";
import { withDeadline } from "../mod/os/deadline.ts";
import { type Libc, openLibc } from "../mod/os/libc.ts";
import { Readiness } from "../mod/os/readiness.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { formatCount } from "../mod/report/format.ts";
import { isCleanEnd } from "../mod/vocabulary/values.ts";
import type { Output } from "./output.ts";

/** How long a listener may take to answer. */
const ANSWER_MS = 5000;
/** How long named sessions may take to end: the longest latency (60 s), and what a listener allows after that. */
const STOP_MS = 120_000;

/** A connection to a listener. */
class Connection implements Disposable {
  readonly #channel: Channel;
  readonly #messages: ChannelMessages;

  constructor(channel: Channel, readiness: Readiness) {
    this.#channel = channel;
    this.#messages = new ChannelMessages(channel, readiness);
  }

  /** Sends a request, and returns the answer; null if no valid one arrives in time. */
  async ask(request: ControlRequest, deadlineMs: number): Promise<ControlAnswer | null> {
    this.#channel.send(JSON.stringify(request));
    const received = await withDeadline(this.#messages.next(), deadlineMs);
    return received === "late" || received === null ? null : parseAnswer(received.text ?? "");
  }

  /** Waits until the listener has ended. Returns whether it had confirmed a clean stop. */
  async stopped(): Promise<boolean> {
    const received = await this.#messages.next();
    if (received === null) return false;
    const isConfirmed = parseAnswer(received.text ?? "")?.answer === "stopped";
    return isConfirmed && await this.#messages.next() === null;
  }

  [Symbol.dispose](): void {
    this.#messages.cancel();
    this.#channel.close();
  }
}

/** Lists the running sessions, and returns the exit code. */
export async function runSessions({ listener, format }: SessionsSettings, output: Output): Promise<number> {
  const libc = openLibc();
  using readiness = new Readiness(libc);
  const places = findListeners(libc, listener);
  let answered = 0;
  let code: number = EXIT.ok;
  for (const place of places) {
    using connection = connect(place, { libc, readiness });
    if (connection === null) continue; // it has ended meanwhile
    answered += 1;
    const answer = await connection.ask({ hello: "command", command: "sessions" }, ANSWER_MS);
    if (answer?.answer !== "sessions") code = reportSilent(place, output);
    else if (format === "json") printJson(place, answer, output);
    else await printTable(place, answer, output);
  }
  return answered === 0 ? reportNone(listener, output) : code;
}

/** Ends sessions or a listener, and returns the exit code. */
export async function runStop({ listener, sessions, format }: StopSettings, output: Output): Promise<number> {
  if (sessions !== null && sessions.length > MAX_NAMED) {
    throw new UsageError(`cannot stop ${sessions.length} sessions at once`, {
      hint: `name at most ${MAX_NAMED}, or give --all to stop the listener too`,
    });
  }
  const libc = openLibc();
  using readiness = new Readiness(libc);
  const places = findListeners(libc, listener);
  using stack = new DisposableStack();
  // only listeners that accept a connection count: another user can hold any name, and a listener that is stopping accepts none
  const running = places.flatMap((place) => {
    const connection = connect(place, { libc, readiness });
    return connection === null ? [] : [{ place, connection: stack.use(connection) }];
  });
  const [meant, ...others] = running;
  if (meant === undefined) {
    const [place] = listener === null ? [] : places;
    return place === undefined ? reportNone(listener, output) : reportSilent(place, output);
  }
  if (others.length > 0) {
    const all = running.map(({ place }) => nameOf(place)).join(", ");
    throw new UsageError(`cannot decide which listener is meant: several run (${all})`, {
      hint: "name one: --listener ADDRESS",
    });
  }
  const { place, connection } = meant;
  if (sessions === null) return await stopListener(place, connection, { format, output });
  const answer = await connection.ask({ hello: "command", command: "stop", sessions }, STOP_MS);
  if (answer?.answer !== "stop") return reportSilent(place, output);
  for (const end of answer.ended) {
    const text = `${end.session} ended: ${end.text}${end.file === null ? "" : `, file ${end.file}`}`;
    output.out.write(`${escapeText(format === "json" ? JSON.stringify(end) : text)}\n`);
  }
  for (const session of answer.refused) output.error(`session ${session} had not begun, and its caller was refused`);
  for (const name of answer.unknown) output.error(`no running session is named ${JSON.stringify(name)}`);
  const isDone = answer.unknown.length + answer.refused.length === 0 &&
    answer.ended.every(({ reason }) => isCleanEnd(reason));
  return isDone ? EXIT.ok : EXIT.notStopped;
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
  const text = `the listener on ${nameOf(place)} has stopped, and has ended ${formatCount(sessions, "session")}`;
  output.out.write(`${format === "json" ? JSON.stringify({ stopped: { pid, address, port }, sessions }) : text}\n`);
  return EXIT.ok;
}

/** Finds the running listeners of this user, or of every user if this one is root. */
function findListeners(libc: Libc, wanted: ListenAddress | null): readonly ControlPlace[] {
  const uid = libc.symbols.geteuid();
  const names = listAbstractNames(libc, controlPrefix(uid === 0 ? null : uid));
  // /proc/net/unix has one line for a listening socket, and one more with its name for each connection
  const places = [...new Set(names)].map(controlPlace).filter((place) => place !== null);
  return wanted === null ? places : places.filter((place) => isMeant(place, wanted));
}

function isMeant({ address, port }: ControlPlace, wanted: ListenAddress): boolean {
  const every = wanted.family === null ? "*" : wanted.family === "IPv4" ? "0.0.0.0" : "::";
  return port === wanted.port && address === (wanted.host ?? every);
}

/** Connects to a listener. Null if it is gone, or if the socket belongs to another user. */
function connect(
  place: ControlPlace,
  { libc, readiness }: { readonly libc: Libc; readonly readiness: Readiness },
): Connection | null {
  const connected = connectAbstract(libc, controlName(place));
  if (connected === null) return null;
  if (connected.peer.uid === place.uid) return new Connection(new Channel(connected.socket), readiness);
  connected.socket.close();
  return null;
}

function printJson(
  { address, port }: ControlPlace,
  { pid, sessions }: Extract<ControlAnswer, { readonly answer: "sessions" }>,
  output: Output,
): void {
  for (const { start: { event: _event, time, ...start }, figures, ...rest } of sessions) {
    const { bytes = null, bitsPerSecond = null, statistics = null, ts = null } = figures ?? {};
    const line = {
      ...{ listener: { pid, address, port }, ...start, start: time, ...rest },
      ...{ bytes, bitsPerSecond, statistics, ts },
    };
    output.out.write(`${escapeText(JSON.stringify(line))}\n`);
  }
}

async function printTable(
  place: ControlPlace,
  { pid, sessions }: Extract<ControlAnswer, { readonly answer: "sessions" }>,
  output: Output,
): Promise<void> {
  output.out.write(`${nameOf(place)}, process ${pid}: ${formatCount(sessions.length, "session")}\n`);
  if (sessions.length === 0) return;
  const { fitTable } = await import("../mod/terminal/fit_table.ts");
  const { sessionColumns } = await import("../mod/terminal/session_row.ts");
  const width = output.isTerminal ? output.size().columns : Infinity;
  const columns = sessionColumns(sessions.map(shown), { color: false, utc: false, folder: null });
  for (const line of fitTable(columns, width)) output.out.write(`${line}\n`);
}

function shown({ start, file, figures, durationMs }: ListedSession) {
  return { start, stream: start.stream, file, state: null, figures, recent: null, lastMissing: null, durationMs };
}

function reportNone(listener: ListenAddress | null, output: Output): number {
  output.error(
    `no listener of this user runs${listener === null ? "" : " on that address"}\n` +
      (listener === null ? "" : "name the address and port that it was started with; ") +
      "it must run in the same network namespace",
  );
  return EXIT.noListener;
}

function reportSilent(place: ControlPlace, output: Output): number {
  output.error(`the listener on ${nameOf(place)} does not answer\nit may be stopping, or belong to another version`);
  return EXIT.noListener;
}

function reportCutOff(place: ControlPlace, output: Output): number {
  output.error(
    `the listener on ${nameOf(place)} has ended without confirming a clean stop\n` +
      "it was killed, or has failed; its sessions may continue until their callers stop",
  );
  return EXIT.noListener;
}

function nameOf({ address, port }: ControlPlace): string {
  return address === "*" ? `:${port}` : `${address.includes(":") ? `[${address}]` : address}:${port}`;
}
