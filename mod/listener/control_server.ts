/**
 * The control socket of a listener. Children of an earlier listener connect to it, and commands such as `sessions`. Nothing is
 * done for a peer until its first message has been checked.
 *
 * @module
 */

import { AdoptedProcess } from "../handoff/adopted_process.ts";
import { Channel } from "../handoff/channel.ts";
import { ChannelMessages } from "../handoff/channel_messages.ts";
import { ANSWER_ADOPTED, ANSWER_LEAVE } from "../handoff/contract.ts";
import type { ControlAnswer, ControlRequest } from "../handoff/control_message.ts";
import type { FirstMessage, Introduction } from "../handoff/introduction.ts";
import { AbstractListener, connectAbstract, type Peer } from "../os/abstract_socket.ts";
import { pause } from "../os/deadline.ts";
import { type Libc, OsError } from "../os/libc.ts";
import type { MessageSocket } from "../os/message_socket.ts";
import { ProcessHandle } from "../os/process_handle.ts";
import type { Readiness } from "../os/readiness.ts";
import { sleep } from "../os/timer.ts";
import { systemProblem } from "../report/problem.ts";
import type { EventSubscribers } from "./event_subscribers.ts";

/**
 * Maximum number of peers whose first message has not arrived, or that wait for an answer. Further ones are disconnected. Our
 * choice: children connect again.
 */
const MAX_PEERS = 64;
/** How long a peer may take to introduce itself. */
const INTRODUCTION_MS = 2000;
/** Pause before a name that is in use is tried again: when a listener ends, the kernel may free its port before its name. */
const RETRY_MS = 100;
/** After this many tries, a name that is in use is reported. */
const REPORTED_TRIES = 20;
/** Pause between two checks whether another listener has the name. */
const REPLACED_CHECK_MS = 20;
/** Pause if a connection cannot be accepted because no descriptor is left. */
const NO_DESCRIPTOR_MS = 100;

/** Every request except the one for events. */
export type CarriedOutRequest = Exclude<ControlRequest, { readonly command: "events" }>;

/** What the control socket needs. */
export interface ControlServerOptions {
  readonly libc: Libc;
  readonly readiness: Readiness;
  /** Name of the control socket. */
  readonly name: string;
  /** Adopts a child, or returns why it is not adopted. */
  readonly adopt: (introduction: Introduction, process: AdoptedProcess) => string | null;
  /** Carries a command out. Never rejects. */
  readonly carryOut: (request: CarriedOutRequest) => Promise<ControlAnswer>;
  /** Gets the channels of the commands that have subscribed to events. */
  readonly subscribers: EventSubscribers;
  /** Opens a process, as {@linkcode ProcessHandle.open} does, which is the default. */
  readonly openProcess?: typeof ProcessHandle.open;
  readonly onWarning: (text: string) => void;
  readonly onDetail: (text: string) => void;
}

/** A peer, and the channel to it. */
interface ConnectedPeer extends Peer {
  readonly channel: Channel;
  readonly messages: ChannelMessages;
}

/** A process that is not adopted. `refused`: by {@linkcode ControlServerOptions.adopt}. */
interface NotAdopted {
  readonly pid: number;
  readonly cause: "process-id" | "not-opened" | "version" | "refused";
}

/** Owns the control socket until it is closed. */
export class ControlServer {
  readonly #options: ControlServerOptions;
  readonly #uid: number;
  #listener: AbstractListener | null = null;
  #tries = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** The peers whose first message has not arrived, or that wait for an answer. */
  readonly #peers = new Set<ChannelMessages>();
  /** Commands that wait for the end of the listener. Their channels stay open until this process ends. */
  readonly #waiting: Channel[] = [];
  /** What {@linkcode #warnOnce} has reported: process IDs with causes. */
  readonly #reported = new Set<string>();
  #isClosed = false;

  constructor(options: ControlServerOptions) {
    this.#options = options;
    this.#uid = options.libc.symbols.geteuid();
  }

  /** Accepts peers from now on. Call it once. If the name is in use, it is tried again until it is free. */
  open(): void {
    this.#tryOpen();
  }

  /** Accepts no peer from now on; peers that have not introduced themselves are closed. Idempotent. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#retry);
    for (const messages of this.#peers) messages.cancel();
    if (this.#listener === null) return;
    this.#options.readiness.cancel(this.#listener.descriptor);
    this.#listener.close();
    this.#listener = null;
  }

  /** Waits until another listener has opened a control socket of the same name, after this one is closed; at most `maxMs`. */
  async replaced(maxMs: number): Promise<void> {
    const { libc, name } = this.#options;
    const untilMs = performance.now() + maxMs;
    while (performance.now() < untilMs) {
      const connected = connectAbstract(libc, name);
      connected?.socket.close();
      if (connected !== null) return;
      await sleep(REPLACED_CHECK_MS);
    }
  }

  /** Confirms to the commands that wait for it that the listener has stopped cleanly. */
  async confirmStopped(): Promise<void> {
    const answer: ControlAnswer = { answer: "stopped" };
    await Promise.all(this.#waiting.map(async (channel) => {
      channel.send(JSON.stringify(answer));
      await channel.flushed();
    }));
  }

  #tryOpen(): void {
    const { libc, name, onWarning } = this.#options;
    try {
      this.#listener = AbstractListener.open(libc, name);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      return onWarning(`sessions of an earlier listener are not adopted: ${systemProblem(error)}`);
    }
    if (this.#listener !== null) return void this.#acceptAll(this.#listener);
    this.#tries += 1;
    if (this.#tries === REPORTED_TRIES) {
      onWarning(`sessions of an earlier listener are not adopted: another program uses the Unix socket @${name}`);
    }
    this.#retry = setTimeout(() => this.#tryOpen(), RETRY_MS);
  }

  async #acceptAll(listener: AbstractListener): Promise<void> {
    const { readiness } = this.#options;
    while (!this.#isClosed) {
      await readiness.readable(listener.descriptor);
      if (this.#isClosed) return;
      let accepted = listener.accept();
      if (accepted === null) await pause(NO_DESCRIPTOR_MS);
      for (; accepted !== null; accepted = listener.accept()) this.#receiveFrom(accepted.socket, accepted.peer);
    }
  }

  #receiveFrom(socket: MessageSocket, peer: Peer): void {
    if (this.#peers.size >= MAX_PEERS || !this.#isAllowed(peer)) return socket.close();
    const channel = new Channel(socket);
    const messages = new ChannelMessages(channel, this.#options.readiness);
    void this.#readFirst({ ...peer, channel, messages });
  }

  /** Reports whether a peer may connect: the user of this listener, or root, for commands. */
  #isAllowed({ uid }: Peer): boolean {
    return uid === this.#uid || uid === 0;
  }

  async #readFirst(peer: ConnectedPeer): Promise<void> {
    const { messages, channel } = peer;
    this.#peers.add(messages);
    const late = setTimeout(() => messages.cancel(), INTRODUCTION_MS);
    const message = await messages.next();
    clearTimeout(late);
    // loaded only now: at the start, these modules would delay the event `listening` by 20 ms
    const { readFirstMessage } = await import("../handoff/introduction.ts");
    const { parseRequest } = await import("../handoff/control_message.ts");
    const text = message?.text ?? "";
    const request = this.#isClosed ? null : parseRequest(text);
    // after a stall, the command may have given up, and reported that nothing was done
    const hasLeft = request !== null && channel.receive().kind === "closed";
    if (request !== null && request.command !== "events" && !hasLeft) await this.#answer(channel, request);
    this.#peers.delete(messages);
    if (hasLeft) return channel.close();
    if (request?.command === "events") return this.#subscribe(channel);
    if (request !== null) return;
    if (this.#isClosed || message === null) return channel.close();
    this.#handleFirst(peer, readFirstMessage(text));
  }

  /** Answers a command. If the command stops the listener, the connection stays open until this process ends. */
  async #answer(channel: Channel, request: CarriedOutRequest): Promise<void> {
    const answer = await this.#options.carryOut(request);
    channel.send(JSON.stringify(answer));
    if (answer.answer === "stopping") this.#waiting.push(channel);
    await channel.flushed();
    if (answer.answer !== "stopping") channel.close();
  }

  /** Adds the channel to the subscribers, which own it from then on. */
  #subscribe(channel: Channel): void {
    const { pid } = Deno;
    const isAdded = this.#options.subscribers.add(channel);
    const answer: ControlAnswer = isAdded
      ? { answer: "events", pid }
      : { answer: "failed", pid, problem: "too many programs receive its events already" };
    channel.send(JSON.stringify(answer));
    if (!isAdded) channel.close();
  }

  #handleFirst({ pid, uid, channel, messages }: ConnectedPeer, first: FirstMessage): void {
    const { onDetail } = this.#options;
    if (uid !== this.#uid) return channel.close();
    switch (first.kind) {
      case "session":
        return this.#adopt({ pid, channel, messages }, first.introduction);
      case "other-version":
        channel.send(ANSWER_LEAVE);
        channel.close();
        return this.#reportOther(pid, first.session);
      case "malformed":
        channel.close();
        return onDetail(`process ${pid} sent an unexpected message to the control socket`);
      default:
        return first satisfies never;
    }
  }

  #adopt({ pid, channel, messages }: Omit<ConnectedPeer, "uid">, introduction: Introduction): void {
    const { libc, readiness, adopt } = this.#options;
    const { session } = introduction.start;
    if (introduction.start.pid !== pid) { // the child may run in another PID namespace
      channel.send(ANSWER_LEAVE);
      channel.close();
      return this.#warnOnce(
        { pid, cause: "process-id" },
        `${session}: process ${pid} is not adopted: it reports another process ID`,
      );
    }
    let handle: ProcessHandle | null;
    try {
      handle = (this.#options.openProcess ?? ProcessHandle.open)(libc, pid);
    } catch (error) { // without a handle, a process that hangs could not be killed, and a stop would wait for it
      if (!(error instanceof OsError)) throw error;
      channel.send(ANSWER_LEAVE);
      channel.close();
      return this.#warnOnce(
        { pid, cause: "not-opened" },
        `${session}: process ${pid} is not adopted: cannot open the process: ${systemProblem(error)}\n` +
          "it continues to the end of its session, and is adopted as soon as it can be opened\n" +
          "this requires Linux 5.3, a free file descriptor, and a sandbox that does not block pidfd_open",
      );
    }
    channel.send(ANSWER_ADOPTED);
    if (channel.isBroken) { // the child may have ended, and its process ID may belong to another process by now
      handle?.close();
      handle = null;
    }
    const process = new AdoptedProcess({ pid, channel, messages, readiness, handle });
    const problem = adopt(introduction, process);
    if (problem === null) return;
    process.leave();
    this.#warnOnce({ pid, cause: "refused" }, `${session}: process ${pid} is not adopted: ${problem}`);
  }

  #reportOther(pid: number, session: string): void {
    this.#warnOnce(
      { pid, cause: "version" },
      `process ${pid} of an earlier listener records ${JSON.stringify(session)}, and is not adopted: it belongs to ` +
        "another version of srt-splitter\nit continues to the end of its session",
    );
  }

  /** Warns about a process that is not adopted, once for each cause: it connects again every few seconds. */
  #warnOnce({ pid, cause }: NotAdopted, text: string): void {
    const key = `${pid} ${cause}`;
    if (this.#reported.has(key)) return;
    this.#reported.add(key);
    this.#options.onWarning(text);
  }
}
