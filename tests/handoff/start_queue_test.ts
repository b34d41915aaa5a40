/** Tests of mod/handoff/start_queue.ts; the clock is a number that the test sets. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { StartQueue, type Turn } from "../../mod/handoff/start_queue.ts";
import { within } from "../support/deadline.ts";

/** A queue, its callers and spares by name, and the order in which they got turns or were refused one. */
class Queued implements Disposable {
  nowMs = 0;
  readonly warnings: string[] = [];
  /** Names in the order of their turns, with `!` for those that got none. */
  readonly order: string[] = [];
  /** How often callers began to wait. */
  crowds = 0;
  readonly #turns = new Map<string, Turn>();
  readonly #queue: StartQueue;
  #changed = Promise.withResolvers<void>();

  constructor(parallel: number) {
    this.#queue = new StartQueue({
      parallel,
      now: () => this.nowMs,
      onWarning: (text) => this.warnings.push(text),
      onCrowd: () => this.crowds += 1,
    });
  }

  /** Adds callers that arrive now, or at another time. */
  async arrive(names: readonly string[], arrivalMs = this.nowMs): Promise<void> {
    for (const name of names) this.#note(name, this.#queue.turn(arrivalMs, name));
    await settled();
  }

  /** Adds a spare that must be started. */
  async spare(name: string): Promise<void> {
    this.#note(name, this.#queue.turnForSpare());
    await settled();
  }

  /** Adds a recording that must begin. */
  async recording(name: string): Promise<void> {
    this.#note(name, this.#queue.turnToRecord());
    await settled();
  }

  async begun(name: string): Promise<void> {
    this.#turns.get(name)?.end({ kind: "recording" });
    await settled();
  }

  async unused(name: string): Promise<void> {
    this.#turns.get(name)?.end({ kind: "unused" });
    await settled();
  }

  async ready(name: string): Promise<void> {
    this.#turns.get(name)?.end({ kind: "ready" });
    await settled();
  }

  async dies(name: string): Promise<void> {
    this.#turns.get(name)?.end({ kind: "died", text: "exit code 1" });
    await settled();
  }

  /** Waits for the next turn that a timer of the queue causes. */
  async next(): Promise<void> {
    await within(this.#changed.promise, "the next turn");
  }

  get isCrowded(): boolean {
    return this.#queue.isCrowded;
  }

  [Symbol.dispose](): void {
    this.#queue.close();
  }

  #note(name: string, given: Promise<Turn | null>): void {
    given.then((turn) => {
      this.order.push(turn === null ? `${name}!` : name);
      if (turn !== null) this.#turns.set(name, turn);
      this.#changed.resolve();
      this.#changed = Promise.withResolvers();
    });
  }
}

/** Waits until the callbacks of resolved promises have run. */
async function settled(): Promise<void> {
  for (let step = 0; step < 3; step += 1) await Promise.resolve();
}

Deno.test("StartQueue gives as many turns at the same time as its limit allows, and the next one when a child is ready", async () => {
  using queued = new Queued(2);
  await queued.arrive(["a", "b", "c", "d"]);
  const atFirst = [...queued.order];
  await queued.ready("b");
  deepStrictEqual([atFirst, queued.order], [["a", "b"], ["a", "b", "c"]]);
});

Deno.test("StartQueue starts in the order of arrival, even if a caller that arrived earlier begins to wait later", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"], 0);
  await queued.arrive(["c"], 20);
  await queued.arrive(["b"], 10);
  await queued.ready("a");
  await queued.ready("b");
  deepStrictEqual(queued.order, ["a", "b", "c"]);
});

Deno.test("a start that ends twice makes room once", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a", "b", "c"]);
  await queued.ready("a");
  await queued.ready("a");
  deepStrictEqual(queued.order, ["a", "b"]);
});

Deno.test("a caller that has waited for three seconds gets no turn, and later callers continue to wait", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a", "b"]);
  queued.nowMs = 2999;
  await queued.arrive(["c"]);
  queued.nowMs = 3000;
  await queued.arrive(["d"]);
  deepStrictEqual(queued.order, ["a", "b!"]);
});

Deno.test("a caller gets no turn if a child would be ready too late for it, judged by the duration of the last start", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"]);
  queued.nowMs = 500;
  await queued.ready("a");
  await queued.arrive(["b"], 500);
  await queued.arrive(["c"], 500);
  queued.nowMs = 3000;
  await queued.ready("b"); // its start took 2500 ms, of which 1500 ms count: half of the deadline
  deepStrictEqual(queued.order, ["a", "b", "c!"]);
});

Deno.test("a timer refuses a caller that has waited for three seconds, if nothing else happens", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"]);
  queued.nowMs = 10_000;
  await queued.arrive(["b"], 7010); // its timer is set for 10 ms from now
  queued.nowMs = 10_010;
  await queued.next();
  deepStrictEqual(queued.order, ["a", "b!"]);
});

Deno.test("after an early death one child starts at a time, after a pause that doubles", async () => {
  using queued = new Queued(3);
  await queued.arrive(["a", "b"]);
  await queued.dies("a");
  await queued.arrive(["c", "d"]);
  queued.nowMs = 249;
  await queued.arrive(["e"]);
  const paused = [...queued.order];
  await queued.dies("b"); // the second pause: 500 ms, until 749
  queued.nowMs = 748;
  await queued.arrive(["f"]);
  const stillPaused = [...queued.order];
  queued.nowMs = 749;
  await queued.arrive(["g"]);
  deepStrictEqual([paused, stillPaused, queued.order], [["a", "b"], ["a", "b"], ["a", "b", "c"]]);
});

Deno.test("early deaths are reported once, and so is their end; then children start as before", async () => {
  using queued = new Queued(2);
  for (const name of ["a", "b", "c"]) {
    await queued.arrive([name]);
    await queued.dies(name);
    queued.nowMs += 10_000;
  }
  await queued.arrive(["d"]);
  await queued.ready("d");
  await queued.arrive(["e", "f", "g"]);
  deepStrictEqual(queued.order, ["a", "b", "c", "d", "e", "f"]);
  strictEqual(queued.warnings.length, 2);
  match(queued.warnings[0] ?? "", /^processes of new sessions die before they are ready \(exit code 1\)/);
});

Deno.test("one early death is not reported", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"]);
  await queued.dies("a");
  queued.nowMs = 10_000;
  await queued.arrive(["b"]);
  await queued.ready("b");
  deepStrictEqual(queued.warnings, []);
});

Deno.test("StartQueue.close ends the wait of all callers", async () => {
  const queued = new Queued(1);
  await queued.arrive(["a", "b", "c"]);
  queued[Symbol.dispose]();
  await settled();
  deepStrictEqual(queued.order, ["a", "b!", "c!"]);
});

Deno.test("spares start one after the other, while no caller has a turn or waits for one", async () => {
  using queued = new Queued(1);
  await queued.spare("spare1");
  await queued.spare("spare2");
  deepStrictEqual(queued.order, ["spare1"]);
  await queued.unused("spare1");
  deepStrictEqual(queued.order, ["spare1", "spare2"]);
  await queued.spare("spare3");
  await queued.arrive(["a", "b"]);
  await queued.unused("spare2");
  deepStrictEqual(queued.order, ["spare1", "spare2", "a"]);
  await queued.ready("a");
  deepStrictEqual(queued.order, ["spare1", "spare2", "a", "b"]);
});

Deno.test("a spare starts only 100 ms after the last caller got its child", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"]);
  await queued.spare("spare");
  await queued.ready("a");
  deepStrictEqual(queued.order, ["a"]);
  queued.nowMs += 100;
  await queued.next();
  deepStrictEqual(queued.order, ["a", "spare"]);
});

Deno.test("a start of a spare does not delay callers while there is room", async () => {
  using queued = new Queued(2);
  await queued.spare("spare");
  await queued.arrive(["a", "b"]);
  deepStrictEqual(queued.order, ["spare", "a"]);
});

Deno.test("StartQueue.close ends the wait of spares", async () => {
  const queued = new Queued(1);
  await queued.arrive(["a"]);
  await queued.spare("spare");
  queued[Symbol.dispose]();
  await settled();
  deepStrictEqual(queued.order, ["a", "spare!"]);
});

Deno.test("StartQueue is crowded while callers wait, and reports each time that they begin to wait", async () => {
  using queued = new Queued(1);
  await queued.arrive(["a"]);
  deepStrictEqual([queued.isCrowded, queued.crowds], [false, 0]);
  await queued.arrive(["b", "c"]);
  deepStrictEqual([queued.isCrowded, queued.crowds], [true, 1]);
  await queued.ready("a");
  await queued.ready("b");
  deepStrictEqual([queued.isCrowded, queued.crowds], [false, 1]);
  await queued.arrive(["d"]);
  deepStrictEqual([queued.isCrowded, queued.crowds], [true, 2]);
});

Deno.test("recordings begin when no caller waits, a few at the same time, and before spares start", async () => {
  using queued = new Queued(2);
  await queued.arrive(["a", "b", "c"]);
  await queued.spare("spare");
  for (const name of ["A", "B", "C"]) await queued.recording(name);
  await queued.ready("a");
  deepStrictEqual(queued.order, ["a", "b", "c"]);
  await queued.ready("b");
  deepStrictEqual(queued.order, ["a", "b", "c", "A"]);
  await queued.ready("c");
  deepStrictEqual(queued.order, ["a", "b", "c", "A", "B"]);
  await queued.begun("A");
  deepStrictEqual(queued.order, ["a", "b", "c", "A", "B", "C"]);
  await queued.begun("B");
  await queued.begun("C");
  queued.nowMs += 100;
  await queued.next();
  deepStrictEqual(queued.order, ["a", "b", "c", "A", "B", "C", "spare"]);
});

Deno.test("a caller does not wait for recordings that begin", async () => {
  using queued = new Queued(1);
  await queued.recording("A");
  await queued.arrive(["a"]);
  deepStrictEqual(queued.order, ["A", "a"]);
});

Deno.test("StartQueue.close ends the wait of recordings", async () => {
  const queued = new Queued(1);
  await queued.arrive(["a", "b"]);
  await queued.recording("A");
  queued[Symbol.dispose]();
  await settled();
  deepStrictEqual(queued.order, ["a", "A!", "b!"]);
});
