/**
 * Where the payload of a session goes in addition to its recording.
 *
 * @module
 */

import type { OutputsTicket } from "../handoff/contract.ts";
import type { Libc } from "../os/libc.ts";
import type { Tap } from "../recording/tap_feed.ts";
import type { OutputReport } from "../vocabulary/events.ts";
import { CommandOutput } from "./command_output.ts";
import { ForwardOutput } from "./forward_output.ts";
import { UdpOutput } from "./udp_output.ts";

/** The outputs of one session. */
export class Outputs {
  readonly #outputs: readonly (CommandOutput | UdpOutput | ForwardOutput)[];
  /** Called with the payload in order. They never wait. */
  readonly taps: readonly Tap[];
  /**
   * Called with each SRT message as soon as it is received, and with the time at which it was due, in ms of `performance.now()`.
   * They never wait.
   */
  readonly liveTaps: readonly ((message: Uint8Array<ArrayBuffer>, dueMs: number) => void)[];

  /**
   * @param options `startMs`: start of the session in ms since the epoch, as in the name of its file. `warn`: reports a condition or a
   * line of a command's stderr, and never throws.
   */
  constructor(
    ticket: OutputsTicket,
    { libc, startMs, warn }: { readonly libc: Libc; readonly startMs: number; readonly warn: (text: string) => void },
  ) {
    const { commands, udp, forwards, forwarder, ...common } = ticket;
    const programs = commands.map((template) => new CommandOutput({ ...common, startMs, template, libc, warn }));
    const { values, utc } = ticket;
    const targets = udp.map((template) => new UdpOutput({ values, utc, startMs, template, libc, warn }));
    const listeners = forwarder === null
      ? []
      : forwards.map((template) =>
        new ForwardOutput({ values, utc, startMs, template, program: forwarder, libc, warn })
      );
    this.#outputs = [...programs, ...targets, ...listeners];
    this.taps = programs.map((output) => (payload) => output.push(payload));
    this.liveTaps = [...targets, ...listeners].map((output) => (message, dueMs) => output.push(message, dueMs));
  }

  /** The payload has ended: waits for the end of each output, and ends those that take too long. Never throws. */
  async finish(): Promise<readonly OutputReport[]> {
    return await Promise.all(this.#outputs.map((output) => output.finish()));
  }
}
