/**
 * The process of a session that an earlier listener started. Its exit status and its stderr cannot be read.
 *
 * @module
 */

import type { ProcessHandle } from "../os/process_handle.ts";
import type { Readiness } from "../os/readiness.ts";
import type { Channel } from "./channel.ts";
import { ANSWER_LEAVE } from "./contract.ts";
import type { ChannelMessages } from "./channel_messages.ts";
import { KILLED_MS, type ProcessEnd, type SessionProcess } from "./child_process.ts";

/** What is known of the process. */
export interface AdoptedProcessParts {
  readonly pid: number;
  readonly channel: Channel;
  /** The messages of the channel; the introduction has been read. */
  readonly messages: ChannelMessages;
  readonly readiness: Readiness;
  /** The process; null if it has ended already. */
  readonly handle: ProcessHandle | null;
}

/** A running process. Its messages must be read to their end. */
export class AdoptedProcess implements SessionProcess {
  /** Always empty: its stderr belonged to the earlier listener. */
  readonly earlyText: readonly string[] = [];
  readonly #parts: AdoptedProcessParts;
  readonly #end = Promise.withResolvers<ProcessEnd>();
  #isKilled = false;
  #isGone = false;
  #heldTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: AdoptedProcessParts) {
    this.#parts = parts;
    void this.#waitForEnd();
  }

  /** Process ID. */
  get pid(): number {
    return this.#parts.pid;
  }

  /** Does nothing: its stderr belonged to the earlier listener. */
  passText(): void {}

  /** Resolves at once. */
  async textRead(): Promise<void> {}

  /** Sends an order. It is lost if the process has ended. */
  send(order: string): void {
    this.#parts.channel.send(order);
  }

  /** See {@linkcode SessionProcess.nextMessage}. */
  nextMessage(): Promise<{ readonly text: string | null } | null> {
    return this.#parts.messages.next();
  }

  /** Kills it. Does nothing if it has ended. */
  kill(): void {
    if (this.#isGone) return;
    this.#isKilled = true;
    this.#heldTimer ??= setTimeout(() => this.#endHeld(), KILLED_MS);
    this.#parts.handle?.kill();
  }

  /** Resolves when it has ended, or {@linkcode KILLED_MS} after it was killed if the kernel still holds it (`isHeld`). */
  ended(): Promise<ProcessEnd> {
    return this.#end.promise;
  }

  /** Answers that the child is not adopted, and closes the channel. The process continues. Call nothing after that. */
  leave(): void {
    const { channel, handle, readiness } = this.#parts;
    channel.send(ANSWER_LEAVE);
    channel.close();
    if (handle !== null) readiness.cancel(handle.descriptor);
  }

  async #waitForEnd(): Promise<void> {
    const { handle, readiness } = this.#parts;
    if (handle !== null) await readiness.readable(handle.descriptor);
    this.#isGone = true;
    clearTimeout(this.#heldTimer);
    handle?.close();
    this.#end.resolve({ signal: this.#isKilled ? "SIGKILL" : null, code: null, isHeld: false });
  }

  /** Ends all waits, because the kernel has not ended the killed process in time. */
  #endHeld(): void {
    const { messages, handle, readiness } = this.#parts;
    this.#end.resolve({ signal: "SIGKILL", code: null, isHeld: true });
    messages.cancel();
    if (handle !== null) readiness.cancel(handle.descriptor);
  }
}
