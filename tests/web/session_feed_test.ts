import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { LivePayload } from "../../mod/handoff/live_receiver.ts";
import { type LiveSource, SessionFeed } from "../../mod/web/session_feed.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { within } from "../support/deadline.ts";
import { waitUntil } from "../support/processes.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { makeTestStream } from "../support/test_stream.ts";

const PART_BYTES = 20_000;

/** A connection to the process of a session, as a test controls it. */
class Process {
  readonly #waiting: (LivePayload | null)[] = [];
  #wake: (() => void) | null = null;
  isClosed = false;

  /** Sends a stream in parts. The first one is after a gap. */
  sendAll(stream: Uint8Array<ArrayBuffer>): void {
    for (let at = 0; at < stream.length; at += PART_BYTES) {
      this.#put({ payload: stream.slice(at, at + PART_BYTES), isAfterGap: at === 0 });
    }
  }

  end(): void {
    this.#put(null);
  }

  #put(one: LivePayload | null): void {
    this.#waiting.push(one);
    this.#wake?.();
  }

  async next(): Promise<LivePayload | null> {
    while (this.#waiting.length === 0 && !this.isClosed) await new Promise<void>((resolve) => this.#wake = resolve);
    return this.#waiting.shift() ?? null;
  }

  finish(): void {
    this.close();
  }

  close(): void {
    this.isClosed = true;
    this.#wake?.();
  }
}

async function testStream(): Promise<Uint8Array<ArrayBuffer>> {
  using folder = new TemporaryFolder();
  return await makeTestStream(folder.file("a.ts"), 4);
}

async function readAll(viewer: LiveSource): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let bytes = await viewer.next(); bytes !== null; bytes = await viewer.next()) parts.push(bytes);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

Deno.test("SessionFeed sends every viewer the same bytes from a random-access point on, to the end of the session", async () => {
  const stream = await testStream();
  const process = new Process();
  const feed = new SessionFeed(process, () => {});
  const viewers = [feed.open(), feed.open()].map(readAll);
  process.sendAll(stream);
  process.end();
  const [one, other] = await within(Promise.all(viewers), "the end");
  const first = stream.slice(stream.length - (one?.length ?? 0));
  deepStrictEqual([...first.slice(0, 3)], [0x47, 0x40, 0]);
  assertSameBytes(one ?? new Uint8Array(), first);
  assertSameBytes(other ?? new Uint8Array(), first);
  strictEqual(first.length > stream.length * 0.9, true);
  deepStrictEqual([feed.hasEnded, process.isClosed], [true, true]);
});

Deno.test("SessionFeed continues at a random-access point for a viewer that is too slow", async () => {
  const stream = await testStream();
  const process = new Process();
  const feed = new SessionFeed(process, () => {});
  const slow = feed.open();
  process.sendAll(stream);
  const begun = await within(slow.next(), "payload");
  deepStrictEqual([...begun?.slice(0, 3) ?? []], [0x47, 0x40, 0]);
  process.sendAll(stream);
  process.end();
  await waitUntil("the end", () => feed.hasEnded);
  const rest = await within(readAll(slow), "the end");
  deepStrictEqual([...rest.slice(0, 3)], [0x47, 0x40, 0]);
  assertSameBytes(rest, stream.slice(stream.length - rest.length));
});

Deno.test("SessionFeed reports when its last viewer has left, and ends the wait of a viewer that leaves", async () => {
  let unused = 0;
  const process = new Process();
  const feed = new SessionFeed(process, () => {
    unused += 1;
  });
  const [one, other] = [feed.open(), feed.open()];
  const waiting = one.next();
  one.close();
  strictEqual(await within(waiting, "the end of the wait"), null);
  deepStrictEqual([unused, feed.isUsed], [0, true]);
  other.close();
  other.close();
  deepStrictEqual([unused, feed.isUsed], [1, false]);
  feed.close();
});
