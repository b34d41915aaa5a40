/**
 * A door on real sockets of loopback, with its requests and refusals, and a clock that the test sets.
 *
 * @module
 */

import type { CallerRequest } from "../../mod/door/caller_request.ts";
import { Door } from "../../mod/door/door.ts";
import type { Refusal } from "../../mod/door/refusal.ts";
import { type Libc, openLibc } from "../../mod/os/libc.ts";
import { listProcFolder, readProcLink } from "../../mod/os/proc.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import type { Endpoint } from "../../mod/vocabulary/schema.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";

const libc = openLibc();

/** A reason for tests that reject. */
export const FORBIDDEN = 1403;

/** Values that a test waits for one by one. */
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

/** Hands a caller off without a child, so that the door closes its socket. */
export function handOffToNoChild(request: CallerRequest): void {
  request.handOff(() => {});
}

/** A door; `answer` is given each request. */
export class OpenDoor implements AsyncDisposable {
  readonly requests = new Queue<CallerRequest>();
  readonly refusals = new Queue<Refusal>();
  readonly warnings: string[] = [];
  nowMs = 0;
  readonly door: Door;

  constructor(answer: (request: CallerRequest) => void = handOffToNoChild, symbols: Partial<Libc["symbols"]> = {}) {
    this.door = Door.open({
      onExpected: () => {},
      keyLength: () => 0,
      isRelay: () => false,
      libc: { ...libc, symbols: { ...libc.symbols, ...symbols } },
      port: 0,
      scope: { kind: "every" },
      interfaces: () => Deno.networkInterfaces().filter(({ address }) => address === "127.0.0.1" || address === "::1"),
      onRequest: (request) => {
        this.requests.add(request);
        answer(request);
      },
      onRefusal: (refusal) => this.refusals.add(refusal),
      identify: parseStreamId,
      onWarning: (text) => this.warnings.push(text),
      now: () => this.nowMs,
    });
  }

  /** The endpoint that callers call. */
  at(address = "127.0.0.1"): Endpoint {
    return { address, port: this.door.port };
  }

  /** Number of open sockets of this process, including those of the door and of the callers in the test. */
  static sockets(): number {
    const links = listProcFolder(libc, "/proc/self/fd").map((name) => readProcLink(libc, `/proc/self/fd/${name}`));
    return links.filter((link) => link?.startsWith("socket:")).length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.door.close();
  }
}

/** Waits until the number of open sockets is `expected`. */
export async function whenSockets(expected: number): Promise<void> {
  await waitUntil(`${expected} open sockets`, () => OpenDoor.sockets() === expected);
}
