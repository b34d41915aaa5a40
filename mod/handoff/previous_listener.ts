/**
 * A listener that runs, and whose address this one is about to take.
 *
 * @module
 */

import { connectAbstract } from "../os/abstract_socket.ts";
import { withDeadline } from "../os/deadline.ts";
import type { Libc } from "../os/libc.ts";
import type { Readiness } from "../os/readiness.ts";
import { Channel } from "./channel.ts";
import { ChannelMessages } from "./channel_messages.ts";
import type { ControlRequest } from "./control_message.ts";

/** How long it may take to answer. */
const ANSWER_MS = 5000;

/** Owns a connection to it until {@linkcode handOver} has returned. */
export class PreviousListener {
  /** Its process ID. */
  readonly pid: number;
  readonly #channel: Channel;

  private constructor(pid: number, channel: Channel) {
    this.pid = pid;
    this.#channel = channel;
  }

  /** Connects to the listener with this control socket. Null if there is none of the same user. @throws {OsError} */
  static find(libc: Libc, control: string): PreviousListener | null {
    const connected = connectAbstract(libc, control);
    if (connected === null) return null;
    const { socket, peer } = connected;
    if (peer.uid === libc.symbols.geteuid()) return new PreviousListener(peer.pid, new Channel(socket));
    socket.close();
    return null;
  }

  /**
   * Asks it to stop listening and to hand its sessions over.
   *
   * @returns The largest number that one of its sessions may get, or why it does not hand over.
   */
  async handOver(readiness: Readiness): Promise<number | string> {
    const { parseAnswer } = await import("./control_message.ts");
    const messages = new ChannelMessages(this.#channel, readiness);
    const request: ControlRequest = { hello: "command", command: "hand-over" };
    this.#channel.send(JSON.stringify(request));
    const received = await withDeadline(messages.next(), ANSWER_MS);
    messages.cancel();
    this.#channel.close();
    if (received === "late") return `it has not answered within ${ANSWER_MS / 1000} s`;
    const answer = parseAnswer(received?.text ?? "");
    if (answer?.answer === "handing-over") return answer.lastNumber;
    return answer?.answer === "failed" ? answer.problem : "it may belong to another version";
  }

  /** Closes the connection without a request. */
  close(): void {
    this.#channel.close();
  }
}
