/**
 * A recording listener, a caller, and a network between them that loses packets.
 *
 * @module
 */

import assert from "node:assert/strict";
import { assertSameBytes } from "./assert_same_bytes.ts";
import { type LossRules, LossyLink } from "./lossy_link.ts";
import { waitForSpares } from "./spares.ts";
import { type EventOf, Splitter } from "./splitter.ts";
import { SrtCaller } from "./srt_caller.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

/** Held by `await using`. */
export class LossyScene implements AsyncDisposable {
  readonly #folder: TemporaryFolder;
  /** The listener, which records. */
  readonly splitter: Splitter;
  /** The network. */
  readonly link: LossyLink;
  /** The caller, which is connected. */
  readonly caller: SrtCaller;

  private constructor(parts: { folder: TemporaryFolder; splitter: Splitter; link: LossyLink; caller: SrtCaller }) {
    this.#folder = parts.folder;
    this.splitter = parts.splitter;
    this.link = parts.link;
    this.caller = parts.caller;
  }

  /** Starts the listener, waits until a spare (a process that waits for a caller) is ready, and connects the caller. */
  static async open(
    rules: LossRules,
    { args = [], ...options }: { readonly latencyMs?: number; readonly args?: readonly string[] } = {},
  ): Promise<LossyScene> {
    const folder = new TemporaryFolder();
    const usual = ["--out", folder.path, "--stats", "100ms", "--verbose"];
    const splitter = await Splitter.listen(["127.0.0.1:0", ...usual, ...args]);
    // otherwise libsrt would count the start of a process as network delay, and wait longer for lost packets
    await waitForSpares(splitter, 1);
    const link = new LossyLink(splitter.port, rules);
    const caller = await SrtCaller.connect({ port: link.port, streamId: "cam", ...options });
    await splitter.event("session-start");
    return new LossyScene({ folder, splitter, link, caller });
  }

  /** Waits for the end of the session, and reports whether the kernel dropped datagrams of it in a full buffer. */
  async hasDropped(): Promise<boolean> {
    const { statistics } = await this.splitter.event("session-end");
    return (statistics?.pktKernelDropTotal ?? 0) > 0;
  }

  /**
   * Waits for the end of the session, checks that the recording is what the network delivered and that no packet was left
   * undelivered, and returns the event.
   */
  async exactEnd(): Promise<EventOf<"session-end">> {
    const end = await this.splitter.event("session-end");
    assertSameBytes(Deno.readFileSync(end.file ?? ""), this.link.arrived);
    assert.strictEqual(end.statistics?.pktUndeliveredTotal, 0);
    return end;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.caller[Symbol.asyncDispose]();
    await this.splitter[Symbol.asyncDispose]();
    await this.link[Symbol.asyncDispose]();
    this.#folder[Symbol.dispose]();
  }
}
