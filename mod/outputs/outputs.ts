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

/** The outputs of one session. */
export class Outputs {
  readonly #outputs: readonly CommandOutput[];
  /** Called with the payload in order. They never wait. */
  readonly taps: readonly Tap[];

  /** @param options `warn`: reports a condition or a line of a command's stderr. Never throws. */
  constructor(ticket: OutputsTicket, { libc, warn }: { readonly libc: Libc; readonly warn: (text: string) => void }) {
    const { commands, ...common } = ticket;
    this.#outputs = commands.map((template) => new CommandOutput({ ...common, template, libc, warn }));
    this.taps = this.#outputs.map((output) => (payload) => output.push(payload));
  }

  /** The payload has ended: waits for the end of each output, and ends those that take too long. Never throws. */
  async finish(): Promise<readonly OutputReport[]> {
    return await Promise.all(this.#outputs.map((output) => output.finish()));
  }
}
