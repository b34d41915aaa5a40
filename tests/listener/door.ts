/**
 * A front door behind real sockets of loopback, with all that it asked and told, and a clock of the test's.
 *
 * @module
 */

import type { Reject } from "../../mod/admission/verdict.ts";
import { DatagramSockets } from "../../mod/listener/datagram_sockets.ts";
import { FrontDoor } from "../../mod/listener/front_door.ts";
import type { PendingCaller } from "../../mod/listener/pending_caller.ts";
import type { Refusal } from "../../mod/listener/refusal.ts";
import { type Libc, openLibc } from "../../mod/os/libc.ts";
import { listProcFolder, readProcLink } from "../../mod/os/proc.ts";
import type { Conclusion } from "../../mod/packet/conclusion.ts";
import type { Endpoint } from "../../mod/vocabulary/schema.ts";
import { within } from "../os/udp_peer.ts";

const libc = openLibc();

/** A rejection, for tests that need one. */
export const FORBIDDEN: Reject = { kind: "reject", reason: 1403, text: "not allowed", advice: "ask", rule: null };

/** Values that are waited for one by one. */
export class Queue<Value> {
  readonly #values: Value[] = [];
  #wake: (() => void) | null = null;

  get length(): number {
    return this.#values.length;
  }

  add(value: Value): void {
    this.#values.push(value);
    this.#wake?.();
  }

  async next(what: string): Promise<Value> {
    if (this.#values.length === 0) await within(new Promise<void>((resolve) => this.#wake = resolve), what);
    return this.#values.shift() as Value;
  }
}

/** What the front door asked. */
export interface Asked {
  readonly pending: PendingCaller;
  readonly conclusion: Conclusion;
}

/** A front door behind real sockets; `verdict` is its answer to everybody. */
export class Door implements AsyncDisposable {
  readonly asked = new Queue<Asked>();
  readonly refusals = new Queue<Refusal>();
  readonly warnings: string[] = [];
  nowMs = 0;
  readonly frontDoor: FrontDoor;
  readonly #sockets: DatagramSockets;

  constructor(verdict: (asked: Asked) => Promise<Reject | null> | Reject | null = () => null, with_: Libc = libc) {
    this.frontDoor = new FrontDoor(with_, {
      onConclusion: async (pending, conclusion) => {
        this.asked.add({ pending, conclusion });
        return await verdict({ pending, conclusion });
      },
      onStateless: (datagram, addresses) => this.#sockets.send(datagram, addresses),
      onRefusal: (refusal) => this.refusals.add(refusal),
      onWarning: (text) => this.warnings.push(text),
      now: () => this.nowMs,
    });
    this.#sockets = DatagramSockets.bind(0, {
      libc,
      scope: { kind: "every" },
      interfaces: Deno.networkInterfaces().filter.bind(Deno.networkInterfaces(), isLoopback),
      look: (datagram, source) => this.frontDoor.look(datagram, source),
      onArrival: (arrival) => this.frontDoor.receive(arrival),
      onWarning: (text) => this.warnings.push(text),
    });
  }

  /** Where callers call. */
  at(address = "127.0.0.1"): Endpoint {
    return { address, port: this.#sockets.port };
  }

  /** UDP sockets of this process, those of the listener and of callers in the test included. */
  static sockets(): number {
    const links = listProcFolder(libc, "/proc/self/fd").map((name) => readProcLink(libc, `/proc/self/fd/${name}`));
    return links.filter((link) => link?.startsWith("socket:")).length;
  }

  closeSockets(): void {
    this.#sockets.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.closeSockets();
    await this.frontDoor.close();
  }
}

function isLoopback({ address }: Deno.NetworkInterfaceInfo): boolean {
  return address === "127.0.0.1" || address === "::1";
}

/** Waits until the number of open sockets is `expected`. */
export async function whenSockets(expected: number): Promise<void> {
  const endMs = performance.now() + 5000;
  while (Door.sockets() !== expected) {
    if (performance.now() > endMs) throw new Error(`${Door.sockets()} sockets are open after 5000 ms, not ${expected}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
