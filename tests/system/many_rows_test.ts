/** The table on a terminal of 80 columns and 24 rows with 24 real callers, whose long names differ only in the middle. */

import assert from "node:assert/strict";
import { withDeadline } from "../../mod/os/deadline.ts";
import { makePayload } from "../support/payload.ts";
import { splitterCommand } from "../support/splitter.ts";
import { SrtCaller } from "../support/srt_caller.ts";
import { Terminal } from "../support/terminal.ts";

const CALLERS = 24;
/** Rows in trouble, at first. */
const SILENT = 12;
/** How often callers send, in ms. The table shows NO DATA only after 2 s without payload. */
const SEND_MS = 300;

/** A row of the table. `number`: from the ID of the session, `s1` for the first caller. */
interface Row {
  readonly number: number;
  readonly name: string;
  readonly isSilent: boolean;
}

function rowsOf(screen: readonly string[]): readonly Row[] {
  return screen.flatMap((line) => {
    const [, number, name = "", state] = /^s(\d+) +(\S+) (.*)$/.exec(line) ?? [];
    return number === undefined ? [] : [{ number: Number(number), name, isSilent: /^ *NO DATA /.test(state ?? "") }];
  });
}

/** Returns the names that are listed below the table: sessions in trouble for which the table has no row. */
function listedOf(screen: readonly string[]): readonly string[] {
  const text = screen.slice(screen.findIndex((line) => line.startsWith("also in trouble: "))).join(" ");
  const list = /^also in trouble: (.*?)(?: and \d+ more)? port \d+: /.exec(text)?.[1] ?? "";
  return list.split(/,\s+/).filter((name) => name !== "");
}

/** Sends payload of some callers again and again, until disposed of. */
class Sending implements AsyncDisposable {
  readonly #stop = Promise.withResolvers<void>();
  readonly #loop: Promise<void>;
  #callers: readonly SrtCaller[];

  constructor(callers: readonly SrtCaller[]) {
    this.#callers = callers;
    this.#loop = this.#run();
  }

  /** From now on, only these callers send. */
  set callers(callers: readonly SrtCaller[]) {
    this.#callers = callers;
  }

  async #run(): Promise<void> {
    let isOver = false;
    const over = this.#stop.promise.then(() => isOver = true);
    while (!isOver) {
      for (const caller of this.#callers) await caller.send(makePayload(2));
      await withDeadline(over, SEND_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.resolve();
    await this.#loop;
  }
}

Deno.test("24 callers at 80x24: names stay different, sessions in trouble are on top, and none of them is hidden", async () => {
  const { file, args } = splitterCommand(["listen", "127.0.0.1:0"]);
  await using terminal = await Terminal.start([file, ...args], { columns: 80, rows: 24 });
  const screen = await terminal.until("the UDP port", (rows) => rows.some((row) => row.includes("UDP port")));
  const port = Number(/UDP port (\d+)/.exec(screen.join("\n"))?.[1]);
  await using stack = new AsyncDisposableStack();
  const callers: SrtCaller[] = [];
  for (let number = 1; number <= CALLERS; number += 1) {
    const streamId = `north-stage-of-the-festival-camera-${String(number).padStart(2, "0")}-program-with-clean-audio`;
    callers.push(stack.use(await SrtCaller.connect({ port, streamId })));
  }
  await using sending = new Sending(callers);
  const all = await terminal.until("24 sessions without trouble", (rows) => {
    const shown = rowsOf(rows);
    return rows.some((row) => /^port \d+: 24 running, /.test(row)) && shown.length > 0 &&
      !shown.some(({ isSilent }) => isSilent) && rows.includes(`and ${CALLERS - shown.length} more`);
  });
  const names = rowsOf(all).map(({ name }) => name);
  assert.deepStrictEqual([...new Set(names)], names, all.join("\n"));

  sending.callers = callers.slice(SILENT);
  const some = await terminal.until("12 sessions in trouble", (rows) => {
    const shown = rowsOf(rows);
    return shown.filter(({ isSilent }) => isSilent).length === SILENT &&
      rows.includes(`and ${CALLERS - shown.length} more`);
  });
  const silent = rowsOf(some).slice(0, SILENT);
  const silentNumbers = silent.map(({ number }) => number).sort((a, b) => a - b);
  assert.deepStrictEqual(silentNumbers, Array.from({ length: SILENT }, (_, index) => index + 1));
  assert.ok(silent.every(({ isSilent }) => isSilent), some.join("\n"));
  assert.strictEqual(new Set(rowsOf(some).map(({ name }) => name)).size, rowsOf(some).length, some.join("\n"));

  sending.callers = [];
  const none = await terminal.until("24 sessions in trouble", (rows) => {
    const shown = rowsOf(rows);
    return shown.length > 0 && shown.every(({ isSilent }) => isSilent) &&
      shown.length + listedOf(rows).length === CALLERS;
  });
  const shown = [...rowsOf(none).map(({ name }) => name), ...listedOf(none)];
  assert.strictEqual(new Set(shown).size, CALLERS, none.join("\n"));
});
