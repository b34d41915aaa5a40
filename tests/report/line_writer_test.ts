import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { LineWriter } from "../../mod/report/line_writer.ts";

/** While this many lines are queued, new ones that can be missed are dropped. */
const BOUND = 4096;

/** A stream whose writes the test finishes or fails one by one. */
class SlowStream {
  readonly started: string[] = [];
  readonly #open: PromiseWithResolvers<void>[] = [];
  #through = false;
  readonly writer = new LineWriter((bytes) => {
    this.started.push(new TextDecoder().decode(bytes));
    const write = Promise.withResolvers<void>();
    if (this.#through) write.resolve();
    else this.#open.push(write);
    return write.promise;
  });

  /** Finishes or fails the oldest write; resolves when the writer has continued. */
  async finish(error?: Error): Promise<void> {
    const write = this.#open.shift();
    if (error === undefined) write?.resolve();
    else write?.reject(error);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }

  /** Finishes all open writes and all later ones, and waits until everything is written. */
  async finishAll(): Promise<void> {
    this.#through = true;
    for (const write of this.#open) write.resolve();
    await this.writer.flush(10_000);
  }
}

Deno.test("LineWriter writes one line at a time, in order", async () => {
  const stream = new SlowStream();
  for (const line of ["one\n", "two\n", "three\n"]) stream.writer.write(line);
  await Promise.resolve();
  deepStrictEqual(stream.started, ["one\n"]);
  await stream.finish();
  deepStrictEqual(stream.started, ["one\n", "two\n"]);
  await stream.finishAll();
  deepStrictEqual(stream.started, ["one\n", "two\n", "three\n"]);
});

Deno.test("LineWriter.write returns at once", () => {
  const writer = new LineWriter(() => new Promise(() => {}));
  strictEqual(writer.write("line\n"), undefined);
});

Deno.test("LineWriter writes text as UTF-8", async () => {
  const stream = new SlowStream();
  stream.writer.write("größe 録画\n");
  await stream.finishAll();
  deepStrictEqual(stream.started, ["größe 録画\n"]);
});

Deno.test("LineWriter drops all lines after a failed write, and does not throw", async () => {
  const stream = new SlowStream();
  for (const line of ["one\n", "two\n"]) stream.writer.write(line);
  await Promise.resolve();
  await stream.finish(new Deno.errors.BrokenPipe("gone"));
  stream.writer.write("three\n");
  await stream.writer.flush(1000);
  deepStrictEqual(stream.started, ["one\n"]);
});

Deno.test("LineWriter handles a stream that throws synchronously", async () => {
  let calls = 0;
  const writer = new LineWriter(() => {
    calls += 1;
    throw new TypeError("closed");
  });
  for (const line of ["one\n", "two\n"]) writer.write(line);
  await writer.flush(1000);
  strictEqual(calls, 1);
});

Deno.test("LineWriter drops lines that can be missed if 4096 are queued, and keeps all others", async () => {
  const stream = new SlowStream();
  for (let line = 0; line < BOUND + 10; line += 1) stream.writer.write(`stats ${line}\n`, { canBeMissed: true });
  stream.writer.write("end\n");
  const flushed = stream.writer.flush(10_000);
  await stream.finishAll();
  await flushed;
  deepStrictEqual([stream.started.length, stream.started.at(-2), stream.started.at(-1)], [
    BOUND + 1,
    `stats ${BOUND - 1}\n`,
    "end\n",
  ]);
});

Deno.test("LineWriter no longer drops lines that can be missed once the reader has read a line", async () => {
  const stream = new SlowStream();
  for (let line = 0; line < BOUND; line += 1) stream.writer.write("stats\n", { canBeMissed: true });
  await Promise.resolve();
  await stream.finish();
  stream.writer.write("late\n", { canBeMissed: true });
  await stream.finishAll();
  deepStrictEqual([stream.started.length, stream.started.at(-1)], [BOUND + 1, "late\n"]);
});

Deno.test("LineWriter.flush resolves when everything is written, and not before", async () => {
  const stream = new SlowStream();
  for (const line of ["one\n", "two\n"]) stream.writer.write(line);
  let flushed = false;
  const flush = stream.writer.flush(60_000).then(() => flushed = true);
  await Promise.resolve();
  await stream.finish();
  strictEqual(flushed, false);
  await stream.finish();
  await flush;
  strictEqual(flushed, true);
});

Deno.test("LineWriter.flush resolves at its deadline", async () => {
  const stream = new SlowStream();
  stream.writer.write("one\n");
  const startedMs = performance.now();
  strictEqual(await stream.writer.flush(20), false); // nothing finishes the write
  ok(performance.now() - startedMs >= 19);
  await stream.finishAll();
  strictEqual(await stream.writer.flush(null), true);
});

Deno.test("LineWriter.flush waits for a slow reader as long as it reads", async () => {
  const stream = new SlowStream();
  for (const line of ["one\n", "two\n", "three\n"]) stream.writer.write(line);
  const flushed = stream.writer.flush(1000);
  const timer = setInterval(() => void stream.finish(), 600);
  strictEqual(await flushed, true);
  clearInterval(timer);
});

Deno.test("LineWriter.flush of an empty queue resolves at once", async () => {
  await new LineWriter(() => Promise.resolve()).flush(60_000);
});
