/**
 * The listener: callers come in at the front door, each admitted one gets a child, and everything that happens is reported.
 *
 * @module
 */

import { judgeConclusion } from "../admission/judge_conclusion.ts";
import type { AdmissionPolicy } from "../admission/policy.ts";
import { TryBudget, type TryBudgets } from "../admission/try_budget.ts";
import type { Challenge, Reject } from "../admission/verdict.ts";
import type { Libc } from "../os/libc.ts";
import type { Conclusion } from "../packet/conclusion.ts";
import { classifyDatagram } from "../packet/header.ts";
import { parseStreamId } from "../packet/stream_id.ts";
import type { Endpoint } from "../vocabulary/schema.ts";
import { callerKey } from "./caller_key.ts";
import { type Arrival, DatagramSockets, type FirstLook } from "./datagram_sockets.ts";
import { FrontDoor } from "./front_door.ts";
import type { ListenScope } from "./local_addresses.ts";
import type { PendingCaller } from "./pending_caller.ts";
import { Refusals } from "./refusals.ts";
import { Sessions, type SessionsOptions } from "./sessions.ts";
import type { Tally } from "./tally.ts";

/** How often the machine's addresses are read again and folded refusals are told. */
const UPKEEP_MS = 5000;

/** All that a listener needs. */
export interface ListenerOptions extends Omit<SessionsOptions, "refusals" | "send"> {
  readonly scope: ListenScope;
  /** UDP port; 0 takes a free one. */
  readonly port: number;
  readonly policy: AdmissionPolicy;
  readonly libc: Libc;
  /** The machine's addresses now. */
  readonly interfaces: () => readonly Deno.NetworkInterfaceInfo[];
}

/** A running listener. */
export class Listener {
  readonly #sockets: DatagramSockets;
  readonly #frontDoor: FrontDoor;
  readonly #sessions: Sessions;
  readonly #tries: TryBudgets = { strangers: new TryBudget(), proven: new TryBudget() };
  readonly #upkeep: ReturnType<typeof setInterval>;
  #policy: AdmissionPolicy;
  #statsTimer: ReturnType<typeof setInterval> | undefined;
  #stopping = false;
  /** Callers that did not get in so far. */
  readonly refusals: Refusals;

  private constructor(options: ListenerOptions) {
    const { reporter, libc, policy, port, scope, interfaces } = options;
    this.#policy = policy;
    this.refusals = new Refusals(options);
    this.#frontDoor = new FrontDoor(libc, {
      onConclusion: (pending, conclusion) => this.#consider(pending, conclusion),
      onRefusal: (refusal) => this.refusals.add(refusal),
      onStateless: (datagram, addresses) => this.#sockets.send(datagram, addresses),
      onWarning: (text) => reporter.warn(text),
      now: () => performance.now(),
    });
    this.#sockets = DatagramSockets.bind(port, {
      libc,
      scope,
      interfaces,
      onWarning: (text) => reporter.warn(text),
      look: (datagram, source) => this.#look(datagram, source),
      onArrival: (arrival) => this.#receive(arrival),
    });
    this.#sessions = new Sessions({
      ...options,
      refusals: this.refusals,
      send: (datagram, addresses) => this.#sockets.send(datagram, addresses),
    });
    this.#upkeep = setInterval(() => {
      this.#sockets.refresh();
      this.refusals.tellFolded();
      this.#frontDoor.lookAround();
    }, UPKEEP_MS);
    this.#setStatsInterval(options.session.statsIntervalMs);
  }

  /**
   * Binds the port; callers can come when this returns.
   *
   * @throws {ListenError} Where the port or the address cannot be had.
   */
  static open(options: ListenerOptions): Listener {
    return new Listener(options);
  }

  /** The UDP port of all addresses. */
  get port(): number {
    return this.#sockets.port;
  }

  /** The addresses that are listened on now. */
  get endpoints(): readonly Endpoint[] {
    return this.#sockets.endpoints;
  }

  /** Sessions that run or are being started. */
  get sessions(): number {
    return this.#sessions.count;
  }

  /** What happened so far. */
  get tally(): Tally {
    return this.#sessions.tally;
  }

  /** Decides by another policy from now on; sessions that run stay as they are. */
  reload(
    { policy, statsIntervalMs }: { readonly policy: AdmissionPolicy; readonly statsIntervalMs: number | null },
  ): void {
    this.#policy = policy;
    this.#setStatsInterval(statsIntervalMs);
  }

  /** Lets nobody in any more and ends all sessions cleanly; settled when they are over and told. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#sessions.stop();
    clearInterval(this.#upkeep);
    clearInterval(this.#statsTimer);
    this.#sockets.close();
    await this.#frontDoor.close();
    this.refusals.tellFolded({ all: true });
  }

  /** Ends all children at once; what they had written stays. */
  kill(): void {
    this.#sessions.kill();
  }

  /** Payload has no business here, unless its caller has to be told that its session is gone. */
  #look(datagram: Uint8Array<ArrayBuffer>, source: Uint8Array): FirstLook {
    if (classifyDatagram(datagram) === "handshake") return this.#frontDoor.look(datagram, source);
    return this.#sessions.farewells.isEmpty(performance.now()) ? "drop" : "pass";
  }

  #receive(arrival: Arrival): void {
    if (classifyDatagram(arrival.bytes) === "handshake") return this.#frontDoor.receive(arrival);
    const notice = this.#sessions.farewells.noticeFor(callerKey(arrival.caller), performance.now());
    if (notice !== null) this.#sockets.send(notice, arrival);
  }

  /** The listener's answer to a CONCLUSION: null for a child, or what the front door is to do. */
  async #consider(pending: PendingCaller, conclusion: Conclusion): Promise<Reject | Challenge | null> {
    const streamId = parseStreamId(conclusion.streamId);
    const { keyMaterial } = conclusion;
    const request = { conclusion, keyMaterial, streamId, ...pending.caller, proven: pending.proven };
    return await judgeConclusion(request, {
      policy: this.#policy,
      state: () => ({ sessions: this.#sessions.forAdmission, stopping: this.#stopping }),
      budgets: this.#tries,
      now: () => performance.now(),
      letIn: (admit) => {
        if (pending.socket.descriptor < 0) return null; // its slot was over meanwhile: it has to call again
        return this.#sessions.begin(pending, { conclusion, streamId, admit });
      },
    });
  }

  #setStatsInterval(intervalMs: number | null): void {
    this.#sessions.statsIntervalMs = intervalMs;
    clearInterval(this.#statsTimer);
    if (intervalMs !== null) this.#statsTimer = setInterval(() => this.refusals.tellTotals(), intervalMs);
  }
}
