/**
 * Callers that are recorded, lose their connections at the same moment, and call again together: every second caller from the
 * same UDP port as before, the others from another port.
 *
 * @module
 */

import type { EndReason } from "../../mod/vocabulary/values.ts";
import { SHUTDOWN } from "./lossy_link.ts";
import { makePayload } from "./payload.ts";
import { waitUntil } from "./processes.ts";
import { callRepeatedly } from "./repeated_call.ts";
import { type EventOf, Splitter } from "./splitter.ts";
import { SAFE_LATENCY_MS, SrtCaller } from "./srt_caller.ts";
import { type Loses, UdpRelay } from "./udp_relay.ts";

const BITS_PER_SECOND = 1_000_000;
/** SRT messages of each session: half a second. */
const MESSAGES = 50;

/** An outage. */
export interface Outage {
  /** Options of the listener. */
  readonly options: readonly string[];
  /** Whether the SHUTDOWN of each caller arrives. */
  readonly shutdown: boolean;
  /** How long no datagram passes, in ms. */
  readonly ms: number;
  /** Possible end reasons of the sessions that the outage interrupts. */
  readonly reasons: readonly EndReason[];
}

/** Outages by the state of a caller's earlier session when it calls again: ended, closed at this moment, or still running. */
export const OUTAGES = {
  ended: { options: [], shutdown: false, ms: 10_000, reasons: ["silence"] },
  closed: { options: [], shutdown: true, ms: 0, reasons: ["caller-closed"] },
  running: {
    // longer than any pause of a busy machine, so that no session ends because its caller is silent
    options: ["--on-return", "take-over", "--srt", "peeridletimeo=50000"],
    shutdown: false,
    ms: 0,
    // a call that is not repeated in time, on a busy machine, cannot be distinguished from a SHUTDOWN
    reasons: ["replaced", "caller-closed"],
  },
} as const satisfies Record<string, Outage>;

/** One session of a caller. */
export interface OutageSession {
  readonly sent: Uint8Array<ArrayBuffer>;
  readonly end: EventOf<"session-end">;
  /** From the first call until the caller was connected, in ms. */
  readonly connectMs: number;
  /** Number of calls until the caller was connected. */
  readonly tries: number;
}

/** A caller and its sessions: one before the outage, and one after it. A session is missing if the caller got no connection. */
export interface OutageCaller {
  readonly isSamePort: boolean;
  readonly sessions: readonly OutageSession[];
}

/** The callers, and the program that they call. */
export interface OutageOptions {
  /** The folder of the recordings. */
  readonly out: string;
  readonly callers: number;
  /** The executable, or null for the source; by default, what the tests use. */
  readonly executable?: string | null;
  /** Time limit of one call in ms; by default, the deadline of the tests. */
  readonly connectTimeoutMs?: number;
  /** How many times a caller calls, at most, until it is connected. */
  readonly maxTries: number;
}

/** Records callers before and after an outage. Settles when all sessions have ended. */
export async function recordOutage(outage: Outage, options: OutageOptions): Promise<readonly OutageCaller[]> {
  const { executable, out } = options;
  await using splitter = await Splitter.listen(
    ["127.0.0.1:0", "--out", out, ...outage.options],
    executable === undefined ? {} : { executable },
  );
  await using stack = new AsyncDisposableStack();
  const network = stack.use(new Network(splitter.port));
  const callers = Array.from(
    { length: options.callers },
    (_, index) => stack.use(new Caller(index, { ...options, network })),
  );
  await Promise.all(callers.map((caller) => caller.send()));
  network.isDown = !outage.shutdown;
  for (const caller of callers) caller.close();
  if (network.isDown) await waitUntil("the lost SHUTDOWNs", () => network.lostShutdowns >= callsOf(callers));
  await new Promise((resolve) => setTimeout(resolve, outage.ms));
  network.isDown = false;
  await Promise.all(callers.map((caller) => caller.send()));
  for (const caller of callers) caller.close();
  await splitter.event("session-end", () => endsOf(splitter).length >= callsOf(callers));
  await splitter.stop();
  return callers.map(({ isSamePort, stream, calls }) => {
    const ends = endsOf(splitter).filter((end) => end.stream === stream);
    const sessions = calls.flatMap((call, index) => {
      const end = ends[index];
      return end === undefined ? [] : [{ ...call, end }];
    });
    return { isSamePort, sessions };
  });
}

/** A caller with one connection after the other. */
class Caller implements AsyncDisposable {
  readonly #options: OutageOptions & { readonly network: Network };
  readonly #index: number;
  #port: number;
  #connection: SrtCaller | null = null;
  readonly stream: string;
  readonly isSamePort: boolean;
  /** The caller's connections so far, and what it sent on each. */
  readonly calls: Omit<OutageSession, "end">[] = [];

  constructor(index: number, options: OutageOptions & { readonly network: Network }) {
    this.#options = options;
    this.#index = index;
    this.#port = options.network.open();
    this.stream = `cam${index}`;
    this.isSamePort = index % 2 === 0;
  }

  /** Calls and sends. Settles when everything has arrived, or when no call got a connection. */
  async send(): Promise<void> {
    const { callers, connectTimeoutMs, maxTries, network } = this.#options;
    if (this.calls.length > 0 && !this.isSamePort) this.#port = network.open();
    const call = await callRepeatedly({
      port: this.#port,
      streamId: this.stream,
      latencyMs: SAFE_LATENCY_MS,
      blocking: false,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    }, maxTries);
    if (call === null) return;
    const { caller, tries, connectMs } = call;
    this.#connection = caller;
    const sent = makePayload(MESSAGES, this.calls.length * callers + this.#index + 1);
    this.calls.push({ sent, tries, connectMs });
    await caller.send(sent, { bitsPerSecond: BITS_PER_SECOND });
    await caller.waitUntilDelivered();
  }

  /** Closes the connection: a SHUTDOWN is sent. */
  close(): void {
    this.#connection?.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.[Symbol.asyncDispose]();
  }
}

/** Number of connections of callers so far. */
function callsOf(callers: readonly Caller[]): number {
  return callers.reduce((sum, { calls }) => sum + calls.length, 0);
}

/** Ends of sessions with payload so far, in the order in which the sessions started. */
function endsOf(splitter: Splitter): readonly EventOf<"session-end">[] {
  const order = splitter.eventsNamed("session-start").map(({ session }) => session);
  return splitter.eventsNamed("session-end").filter(({ attempt }) => !attempt)
    .toSorted((one, other) => order.indexOf(one.session) - order.indexOf(other.session));
}

/** The network between the callers and the listener. The listener sees a port of the network in place of the caller's. */
class Network implements AsyncDisposable {
  readonly #listenerPort: number;
  readonly #relays = new AsyncDisposableStack();
  /** Whether every datagram is lost. */
  isDown = false;
  /** SHUTDOWNs of callers that were lost. */
  lostShutdowns = 0;

  constructor(listenerPort: number) {
    this.#listenerPort = listenerPort;
  }

  /** Opens another way to the listener. Returns its port for a caller. */
  open(): number {
    const loses: Loses = (datagram, toListener) => {
      if (this.isDown && toListener && datagram.getUint32(0) === SHUTDOWN) this.lostShutdowns += 1;
      return this.isDown;
    };
    return this.#relays.use(new UdpRelay(this.#listenerPort, loses)).port;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#relays.disposeAsync();
  }
}
