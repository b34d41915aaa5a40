/**
 * The command's side of the control sockets of running listeners: finds them, connects to them, and reports those that do not
 * answer.
 *
 * @module
 */

import type { ListenAddress } from "../mod/cli/address.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { UsageError } from "../mod/cli/usage_error.ts";
import { Channel } from "../mod/handoff/channel.ts";
import { ChannelMessages } from "../mod/handoff/channel_messages.ts";
import { type ControlAnswer, type ControlRequest, parseAnswer } from "../mod/handoff/control_message.ts";
import {
  controlName,
  type ControlPlace,
  controlPlace,
  controlPrefix,
  formatPlace,
  sessionName,
} from "../mod/handoff/control_name.ts";
import { LiveReceiver } from "../mod/handoff/live_receiver.ts";
import { connectAbstract, listAbstractNames } from "../mod/os/abstract_socket.ts";
import { withDeadline } from "../mod/os/deadline.ts";
import { type Libc, openLibc, OsError } from "../mod/os/libc.ts";
import type { MessageSocket } from "../mod/os/message_socket.ts";
import { Readiness } from "../mod/os/readiness.ts";
import type { Output } from "./output.ts";

/** How long a listener may take to answer. */
export const ANSWER_MS = 5000;

/** A connection to a listener. */
export class Connection implements Disposable {
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

  /** Waits for the next message; empty if it is malformed. Returns null once the listener has closed the connection. */
  async next(): Promise<string | null> {
    const received = await this.#messages.next();
    return received === null ? null : received.text ?? "";
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

/** A listener that accepts a connection. */
export interface RunningListener {
  readonly place: ControlPlace;
  readonly connection: Connection;
  /** Opens another connection; null if the listener is gone, or has no room for one. The caller owns it. */
  readonly connect: () => Connection | null;
  /** Connects to the process of a session that sends its payload live; null if there is none. The caller owns the connection. */
  readonly connectSession: (session: string) => LiveReceiver | null;
}

/**
 * Connects to the one listener that is meant, and runs `act`.
 *
 * @returns The exit code: that of `act`, or the code for a listener that was not found.
 * @throws {UsageError} Several listeners run, and none was named.
 */
export async function withOneListener(
  wanted: ListenAddress | null,
  output: Output,
  act: (listener: RunningListener) => Promise<number>,
): Promise<number> {
  const libc = openLibc();
  using readiness = new Readiness(libc);
  const places = findListeners(libc, wanted);
  using stack = new DisposableStack();
  // only listeners that accept a connection count: another user can bind any name, and a listener that is stopping accepts none
  const running = places.flatMap((place) => {
    const connection = connect(place, { libc, readiness });
    if (connection === null) return [];
    const system = { libc, readiness };
    return [{
      place,
      connection: stack.use(connection),
      connect: () => connect(place, system),
      connectSession: (session: string) => connectSession(place, { ...system, session }),
    }];
  });
  const [meant, ...others] = running;
  if (meant === undefined) {
    const [place] = wanted === null ? [] : places;
    return place === undefined ? reportNone(wanted, { libc, output }) : reportSilent(place, output);
  }
  if (others.length > 0) {
    const all = running.map(({ place }) => formatPlace(place)).join(", ");
    throw new UsageError(`cannot decide which listener is meant: several run (${all})`, {
      hint: `name one: --listener ${formatPlace(meant.place)}`,
    });
  }
  return await act(meant);
}

/** Finds the running listeners of this user, or of every user if this one is root. */
export function findListeners(libc: Libc, wanted: ListenAddress | null): readonly ControlPlace[] {
  const names = listAbstractNames(libc, controlPrefix(isRoot(libc) ? null : libc.symbols.geteuid()));
  // /proc/net/unix has one line for a listening socket, and one more with its name for each connection
  const places = [...new Set(names)].map(controlPlace).filter((place) => place !== null);
  return wanted === null ? places : places.filter((place) => isMeant(place, wanted));
}

function isRoot(libc: Libc): boolean {
  return libc.symbols.geteuid() === 0;
}

function isMeant({ address, port }: ControlPlace, wanted: ListenAddress): boolean {
  const every = wanted.family === null ? "*" : wanted.family === "IPv4" ? "0.0.0.0" : "::";
  return port === wanted.port && address === (wanted.host ?? every);
}

/** Connects to a listener. Null if it is gone, or if the socket belongs to another user. */
export function connect(
  place: ControlPlace,
  { libc, readiness }: { readonly libc: Libc; readonly readiness: Readiness },
): Connection | null {
  const socket = connectTo(controlName(place), { libc, uid: place.uid });
  return socket === null ? null : new Connection(new Channel(socket), readiness);
}

/** Connects to the process of a session. Null if it does not send its payload, or if the socket belongs to another user. */
function connectSession(
  place: ControlPlace,
  { libc, readiness, session }: { readonly libc: Libc; readonly readiness: Readiness; readonly session: string },
): LiveReceiver | null {
  const socket = connectTo(sessionName(controlName(place), session), { libc, uid: place.uid });
  return socket === null ? null : new LiveReceiver(socket, readiness);
}

/** Connects to a socket of a user. Null if that is not possible. */
function connectTo(
  name: string,
  { libc, uid }: { readonly libc: Libc; readonly uid: number },
): MessageSocket | null {
  let connected: ReturnType<typeof connectAbstract>;
  try {
    connected = connectAbstract(libc, name);
  } catch (error) {
    if (!(error instanceof OsError)) throw error;
    return null; // no descriptor is left
  }
  if (connected === null) return null;
  if (connected.peer.uid === uid) return connected.socket;
  connected.socket.close();
  return null;
}

/** Reports that no listener was found. Returns the exit code. */
export function reportNone(
  listener: ListenAddress | null,
  { libc, output }: { readonly libc: Libc; readonly output: Output },
): number {
  const ofUser = isRoot(libc) ? "" : " of this user"; // root finds those of every user
  output.error(
    `no listener${ofUser} runs${listener === null ? "" : " on that address"}\n` +
      (listener === null ? "" : "name the address and port that it was started with; ") +
      "it must run in the same network namespace",
  );
  return EXIT.noListener;
}

/** Reports a listener that does not answer. Returns the exit code. */
export function reportSilent(place: ControlPlace, output: Output): number {
  output.error(`${processOf(place)} does not answer\nit may be stopping, or belong to another version`);
  return EXIT.noListener;
}

/** Formats the process of a control socket for messages: `the listener on :9000`, or `the command record:12345678`. */
export function processOf(place: ControlPlace): string {
  return `${place.address === "record" ? "the command" : "the listener on"} ${formatPlace(place)}`;
}
