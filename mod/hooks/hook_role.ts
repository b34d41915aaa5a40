/**
 * The hook process: starts commands and posts messages, as the listener orders (the contract: contract.ts).
 *
 * @module
 */

import type { Libc } from "../os/libc.ts";
import { readLines } from "../os/read_lines.ts";
import { CommandQueue } from "./command_queue.ts";
import { type HookOrder, type HookReport, parseLine } from "./contract.ts";
import { WebhookQueue } from "./webhook.ts";

/** What the role needs. */
export interface HookRoleOptions {
  readonly libc: Libc;
  /** Orders, one JSON object per line. */
  readonly orders: AsyncIterable<Uint8Array<ArrayBuffer>>;
  readonly report: (report: HookReport) => void;
  /** Like the global function. */
  readonly fetch: typeof fetch;
}

/**
 * Carries out all orders. Settles when the orders end, or after the order `finish` when every command has ended and every message
 * is delivered or given up. No command is left then.
 */
export async function runHookRole(options: HookRoleOptions): Promise<void> {
  const role = new HookRole(options);
  await Promise.race([role.carryOut(), role.finished]);
  await role.kill();
}

class HookRole {
  readonly #options: HookRoleOptions;
  readonly #finished = Promise.withResolvers<unknown>();
  #commands: CommandQueue | null = null;
  #webhook: WebhookQueue | null = null;

  constructor(options: HookRoleOptions) {
    this.#options = options;
  }

  get finished(): Promise<unknown> {
    return this.#finished.promise;
  }

  async carryOut(): Promise<void> {
    for await (const line of readLines(this.#options.orders)) {
      const order = parseLine<HookOrder>(line);
      if (order !== null) this.#execute(order);
      else this.#options.report({ kind: "warning", text: "a hook was not called: its message was cut off" });
    }
  }

  async kill(): Promise<void> {
    this.#webhook?.kill();
    this.#commands?.kill();
    await Promise.all([this.#commands?.done, this.#webhook?.finish()]);
  }

  #execute(order: HookOrder): void {
    switch (order.kind) {
      case "begin":
        this.#commands = new CommandQueue({ ...order, ...this.#options });
        this.#webhook = order.webhook === null ? null : new WebhookQueue(order.webhook, this.#options);
        break;
      case "rules":
        if (this.#commands !== null) this.#commands.rules = order.rules;
        break;
      case "message":
        this.#commands?.push(order.message);
        this.#webhook?.push(order.message);
        break;
      case "finish":
        this.#commands?.finish();
        this.#finished.resolve(Promise.all([this.#commands?.done, this.#webhook?.finish()]));
        break;
      default:
        order satisfies never;
    }
  }
}
