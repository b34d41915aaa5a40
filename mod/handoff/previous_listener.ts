/**
 * The listener that runs on the address that this one takes.
 *
 * @module
 */

import { connectAbstract, listAbstractNames } from "../os/abstract_socket.ts";
import { withDeadline } from "../os/deadline.ts";
import { type Libc, OsError } from "../os/libc.ts";
import { ProcessHandle } from "../os/process_handle.ts";
import type { Readiness } from "../os/readiness.ts";
import { Channel } from "./channel.ts";
import { ChannelMessages } from "./channel_messages.ts";
import type { ControlRequest, WebLogins } from "./control_message.ts";
import { lastSessionNumber } from "./control_name.ts";

/** How long it may take to answer. */
const ANSWER_MS = 5000;
/** How long the process of a listener that was killed may take to end. Our choice. */
const ENDED_MS = 1000;

/** What a listener hands over. */
export interface HandedOver {
  /** The largest session number (7 in `s7`) that it has given, or may still give to callers in their handshake. */
  readonly lastNumber: number;
  /** Logins to its page; null if they are not known. */
  readonly webLogins: WebLogins | null;
}

/** Owns a connection to it until {@linkcode handOver} has returned. */
export class PreviousListener {
  /** Its process ID. */
  readonly pid: number;
  readonly #libc: Libc;
  readonly #control: string;
  readonly #channel: Channel;

  private constructor(
    libc: Libc,
    { pid, control, channel }: { readonly pid: number; readonly control: string; readonly channel: Channel },
  ) {
    this.pid = pid;
    this.#libc = libc;
    this.#control = control;
    this.#channel = channel;
  }

  /** Connects to the listener with this control socket. Null if there is none of the same user. @throws {OsError} */
  static find(libc: Libc, control: string): PreviousListener | null {
    const connected = connectAbstract(libc, control);
    if (connected === null) return null;
    const { socket, peer } = connected;
    if (peer.uid === libc.symbols.geteuid()) {
      return new PreviousListener(libc, { pid: peer.pid, control, channel: new Channel(socket) });
    }
    socket.close();
    return null;
  }

  /**
   * Asks it to stop listening and to hand its sessions over. If it is killed before it answers, its address and
   * its sessions can be taken as well.
   *
   * @returns What it hands over, or why it does not.
   */
  async handOver(readiness: Readiness): Promise<HandedOver | string> {
    const { parseAnswer } = await import("./control_message.ts");
    const messages = new ChannelMessages(this.#channel, readiness);
    const request: ControlRequest = { hello: "command", command: "hand-over" };
    this.#channel.send(JSON.stringify(request));
    const received = await withDeadline(messages.next(), ANSWER_MS);
    messages.cancel();
    this.#channel.close();
    if (received === "late") return `it has not answered within ${ANSWER_MS / 1000} s`;
    if (received === null && await this.#hasEnded(readiness)) {
      const lastNumber = lastSessionNumber(this.#control, listAbstractNames(this.#libc, this.#control));
      return { lastNumber, webLogins: null };
    }
    const answer = parseAnswer(received?.text ?? "");
    if (answer?.answer === "handing-over") {
      return { lastNumber: answer.lastNumber, webLogins: answer.webLogins ?? null };
    }
    return answer?.answer === "failed" ? answer.problem : "it may be stopping, or belong to another version";
  }

  /** Waits for the end of its process. Returns false if it continues, or if that cannot be known. */
  async #hasEnded(readiness: Readiness): Promise<boolean> {
    let handle: ProcessHandle | null;
    try {
      handle = ProcessHandle.open(this.#libc, this.pid);
    } catch (error) {
      if (!(error instanceof OsError)) throw error;
      return false;
    }
    if (handle === null) return true;
    const end = await withDeadline(readiness.readable(handle.descriptor), ENDED_MS);
    readiness.cancel(handle.descriptor);
    handle.close();
    return end !== "late";
  }
}
