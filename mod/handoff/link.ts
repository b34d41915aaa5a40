/**
 * A child's link to its listener: the control channel, or, once that has broken, a connection to a later listener on the same
 * address.
 *
 * @module
 */

import { AbstractListener, bindAbstractName, connectAbstract } from "../os/abstract_socket.ts";
import { Epoll } from "../os/epoll.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { Channel, type Received } from "./channel.ts";
import type { ChildMessage } from "./child_message.ts";
import { ANSWER_LEAVE, CONTRACT_VERSION, knownSink, ORDER_HAND_OVER, type Ticket } from "./contract.ts";
import { sessionName } from "./control_name.ts";
import type { Introduction } from "./introduction.ts";

/** How often a child tries to reach a listener. Our choice: a try takes some microseconds. */
const TRY_MS = 250;
/** How often a child tries again after a listener has answered {@linkcode ANSWER_LEAVE}. */
const REFUSED_MS = 5000;

/**
 * Maximum bytes of the JSON of the file names in an introduction. Our choice: the child can send this much in a few rounds of its
 * loop, before the listener stops waiting, and the names of several thousand files fit.
 */
const FILES_BYTES = 524_288;
/** The same for the end of a session. Our choice: the whole event fits into a message. */
const END_FILES_BYTES = 3_670_016;

/** Messages that are dropped if too many wait. */
const DROPPABLE: ReadonlySet<ChildMessage["event"]> = new Set(["stats", "alive", "warning"]);

/** The part of an introduction that does not change. */
type Facts =
  & Pick<Ticket, "control" | "session">
  & Pick<Introduction, "callerSocketId" | "concludedMs" | "sink" | "hasOutputs">;

/** The start of the session, and its time in ms of a monotonic clock. */
interface Start {
  readonly event: Introduction["start"];
  readonly atMs: number;
}

/** The link of one child; owns its channel. */
export class Link {
  readonly #libc: Libc;
  #channel: Channel;
  #isBroken = false;
  #triedMs = 0;
  #pauseMs = 0;
  #facts: Facts | null = null;
  /** The socket that holds the name of the session; null: none does. */
  #name: number | null = null;
  #start: Start | null = null;
  #socketId = 0;
  #proven = false;
  #recorded = false;
  #files: string[] = [];
  #stats: Introduction["stats"] = null;

  constructor(libc: Libc, channel: Channel) {
    this.#libc = libc;
    this.#channel = channel;
  }

  /** The channel in use: until it breaks, the one that the child has inherited. For messages with descriptors. */
  get channel(): Channel {
    return this.#channel;
  }

  /** Whether no listener controls this child. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /**
   * Notes the ticket, and holds the name of the session (`control_name.ts`) from now on, so that no later listener gives its ID to
   * another session.
   */
  begin({ control, session, callerSocketId, concludedMs, sink }: Ticket, hasOutputs: boolean): void {
    this.#facts = { control, session, callerSocketId, concludedMs, sink: knownSink(sink), hasOutputs };
    try {
      this.#name = bindAbstractName(this.#libc, sessionName(control, session)); // closed at the end of the process
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      // the name is not held, for example because no descriptor is left: a later listener may use the ID again
    }
  }

  /**
   * Listens under the name of the session, for programs that read its payload (`live_sender.ts`). The listener stays open to the
   * end of the process. Null if the name is not held. Call it once.
   */
  listen(): AbstractListener | null {
    try {
      return this.#name === null ? null : AbstractListener.on(this.#libc, this.#name);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      return null;
    }
  }

  /** Sends a message. If the listener is gone, only the end of a session is sent, to a later listener if there is one by then. */
  send(message: ChildMessage): void {
    this.#keep(message);
    if (this.#isBroken && message.event === "session-end") this.#reach();
    const text = JSON.stringify(
      message.event === "session-end" ? { ...message, files: newestFiles(message.files, END_FILES_BYTES) } : message,
    );
    this.#channel.send(text, { canBeMissed: DROPPABLE.has(message.event) });
    if (this.#isBroken || !this.#channel.isBroken) return;
    // this message was the first that could not be sent
    this.#break(TRY_MS);
    if (message.event === "session-end" && this.#reach()) this.#channel.send(text);
  }

  /**
   * Receives the next order. `closed`: no listener controls this child any more; while a session runs, later calls try to reach
   * one.
   */
  receive(): Received {
    if (this.#isBroken) {
      const isDue = performance.now() - this.#triedMs >= this.#pauseMs;
      if (!isDue || !this.#reach()) return { kind: "empty" };
    }
    this.#channel.flush();
    const received = this.#channel.receive();
    if (received.kind === "closed") this.#break(TRY_MS);
    const text = received.kind === "message" ? received.text : "";
    if (text !== ANSWER_LEAVE && text !== ORDER_HAND_OVER) return received;
    this.#break(text === ANSWER_LEAVE ? REFUSED_MS : 0);
    return { kind: "closed" };
  }

  /** Waits until an order can be received, `maxMs` have passed, or the listener is gone. */
  async readable(maxMs: number): Promise<void> {
    if (this.#isBroken) return;
    const epoll = new Epoll(this.#libc);
    try {
      epoll.add(this.#channel.descriptor);
      await epoll.wait(maxMs);
    } finally {
      epoll.close();
    }
  }

  /** Resolves when everything is sent, or after 2 s. */
  async flushed(): Promise<void> {
    await this.#channel.flushed();
  }

  #break(pauseMs: number): void {
    this.#channel.close();
    this.#isBroken = true;
    this.#triedMs = performance.now();
    this.#pauseMs = pauseMs;
  }

  /** Tries to reach a listener of the same user, and introduces this process. Returns whether one was there. */
  #reach(): boolean {
    this.#triedMs = performance.now();
    if (this.#facts === null || this.#start === null) return false;
    const connected = this.#connect(this.#facts.control);
    if (connected === null) return false;
    const { socket, peer } = connected;
    if (peer.uid !== this.#libc.symbols.geteuid()) {
      socket.close();
      return false;
    }
    this.#channel = new Channel(socket);
    this.#channel.send(JSON.stringify(this.#introduction(this.#facts, this.#start)));
    this.#isBroken = false;
    return true;
  }

  #connect(control: string): ReturnType<typeof connectAbstract> {
    try {
      return connectAbstract(this.#libc, control);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      return null; // no descriptor is left
    }
  }

  #introduction({ callerSocketId, concludedMs, sink, hasOutputs }: Facts, { event, atMs }: Start): Introduction {
    const files = newestFiles(this.#files, FILES_BYTES);
    return {
      hello: "session",
      contract: CONTRACT_VERSION,
      start: event,
      durationMs: Math.round(performance.now() - atMs),
      socketId: this.#socketId,
      callerSocketId,
      concludedMs,
      sink,
      hasOutputs,
      proven: this.#proven,
      recorded: this.#recorded,
      files,
      omittedFiles: this.#files.length - files.length,
      stats: this.#stats,
    };
  }

  #keep(message: ChildMessage): void {
    switch (message.event) {
      case "accepted":
        this.#socketId = message.socketId;
        break;
      case "session-start":
        this.#start = { event: message, atMs: performance.now() };
        if (message.file !== null) this.#files.push(message.file);
        break;
      case "segment":
        this.#files.push(message.file);
        break;
      case "stats":
        this.#stats = message;
        break;
      case "proven":
        this.#proven = true;
        break;
      case "recorded":
        this.#recorded = true;
        break;
    }
  }
}

/** Returns the newest files in order, as many as fit into `maxBytes` of JSON. */
function newestFiles(files: readonly string[], maxBytes: number): readonly string[] {
  const encoder = new TextEncoder();
  let bytes = 0;
  const before = files.findLastIndex((file) => {
    bytes += encoder.encode(`${JSON.stringify(file)},`).length;
    return bytes > maxBytes;
  });
  return files.slice(before + 1);
}
