/**
 * The output of a command: lines on stdout, problems on stderr. If one of them cannot be written, the exit code reports it.
 *
 * @module
 */

import { EXIT } from "../mod/cli/exit_code.ts";
import { escapeText } from "../mod/report/escape_text.ts";
import { LineWriter, withPriority } from "../mod/report/line_writer.ts";
import { formatDuration } from "../mod/report/format.ts";
import { formatProblem, messageOf, systemProblem } from "../mod/report/problem.ts";
import type { JournalStreams } from "../mod/os/journal.ts";
import type { Paint } from "../mod/report/text_reporter.ts";
import type { RoleProcess } from "./process.ts";

/** Spaces before the further lines of a folded line. */
const INDENT = 2;

/** Colors of the labels on a terminal. */
const COLORS = { error: "red", warning: "yellow" } as const;

const NO_JOURNAL: JournalStreams = { out: false, err: false };

type Write = RoleProcess["writeOut"];

/** Folds a line to the width of the terminal; returns it unchanged if there is no terminal. `indent`: 2 unless given. */
export type Fold = (line: string, indent?: number) => string;

/** The two streams of a command. */
export interface Output {
  readonly out: LineWriter;
  readonly err: LineWriter;
  /** Whether stdout is a terminal. */
  readonly isTerminal: boolean;
  /** Colors text for stdout; null if it is not a terminal that shows colors, or `NO_COLOR` is set. */
  readonly paintOut: Paint | null;
  /** The same for stderr. */
  readonly paintErr: Paint | null;
  readonly foldOut: Fold;
  readonly foldErr: Fold;
  /** The size of the terminal. If it was closed, which does not end every run, its last known size. */
  readonly size: typeof Deno.consoleSize;
  /** Which streams go to the journal of systemd; known only if the command has the permission to find out. */
  readonly journal: JournalStreams;
  /** Prints `error: ...`; further lines of `text` are hints. */
  readonly error: (text: string) => void;
  /** Prints `warning: ...`; further lines of `text` are hints. */
  readonly warn: (text: string) => void;
}

/** Our choice: how long a command that handles signals waits at its end for a reader that does not read. */
const FLUSH_MS = 2000;

/**
 * Runs a command and returns its exit code, or {@linkcode EXIT.notReported} if only its output failed. An error that the command
 * does not catch, such as a bug or a missing permission, ends the process with {@linkcode EXIT.bug}.
 */
export async function runCommand(
  process: RoleProcess,
  command: (process: RoleProcess, output: Output) => Promise<number>,
): Promise<number> {
  let failed = false;
  let handlesSignals = false;
  function guard(name: "stdout" | "stderr", write: Write): Write {
    const isTerminal = Deno[name].isTerminal();
    return async (bytes) => {
      try {
        await write(bytes);
      } catch (error) {
        if (!failed && !isReaderGone(error, isTerminal)) {
          failed = true;
          await reportFailure(process.writeErr, name, error);
        }
        throw error;
      }
    };
  }
  const guarded: RoleProcess = {
    ...process,
    outputFailed: () => failed,
    onSignals: (signals, handle) => {
      handlesSignals = true;
      process.onSignals(signals, handle);
    },
    writeOut: guard("stdout", process.writeOut),
    writeErr: guard("stderr", process.writeErr),
  };
  let isJournal = false;
  addEventListener("error", (event) => endAtBug(event, event.error, { isJournal }));
  addEventListener("unhandledrejection", (event) => endAtBug(event, event.reason, { isJournal }));
  const output = await openOutput(guarded);
  isJournal = output.journal.err;
  const code = await command(guarded, output);
  // a command without handlers is ended by a signal, so it can wait for its reader
  const stalledMs = handlesSignals ? FLUSH_MS : null;
  if (!await output.out.flush(stalledMs) && !output.isTerminal) { // a terminal may be paused
    failed = true;
    output.error(`cannot write the last lines to stdout: nothing has read them for ${formatDuration(FLUSH_MS)}`);
  }
  await output.err.flush(stalledMs);
  return failed && code === EXIT.ok ? EXIT.notReported : code;
}

async function openOutput({ writeOut, writeErr }: RoleProcess): Promise<Output> {
  const [out, err] = [new LineWriter(writeOut), new LineWriter(writeErr)];
  const size = lastingSize();
  const [foldOut, foldErr] = [await foldFor("stdout", size), await foldFor("stderr", size)];
  const [paintOut, paintErr] = [await paintFor("stdout"), await paintFor("stderr")];
  const journal = await journalStreams();
  const print = (kind: keyof typeof COLORS) => (text: string) => {
    const lines = formatProblem(kind, text).split("\n").map((line) => `${foldErr(line)}\n`).join("");
    // only the first occurrence, which is the label
    const painted = lines.replace(`${kind}:`, (label) => paintErr?.(COLORS[kind], label) ?? label);
    err.write(journal.err ? withPriority(painted, kind) : painted);
  };
  const isTerminal = Deno.stdout.isTerminal();
  const [error, warn] = [print("error"), print("warning")];
  return { out, err, isTerminal, paintOut, paintErr, foldOut, foldErr, size, journal, error, warn };
}

/** Describes a bug, or a missing permission, on stderr, and ends the process. */
function endAtBug(event: Event, thrown: unknown, { isJournal }: { readonly isJournal: boolean }): never {
  event.preventDefault(); // Deno would end with exit code 1, which has another meaning
  const lines = `${formatProblem("error", describeBug(thrown))}\n`;
  try {
    Deno.stderr.writeSync(new TextEncoder().encode(isJournal ? withPriority(lines, "error") : lines));
  } catch {
    // stderr is closed; the exit code remains
  }
  Deno.exit(EXIT.bug);
}

function describeBug(thrown: unknown): string {
  if (thrown instanceof Deno.errors.NotCapable) {
    return `${messageOf(thrown)}\nstart it with deno task, as the README shows, or use the executable`;
  }
  const [first = "", ...details] = Deno.inspect(thrown, { colors: false }).split("\n");
  const indented = details.map((line) => `  ${line.trimStart()}`);
  return [`srt-splitter has a bug: ${first}`, ...indented, "report it, with these lines and the command line"].join(
    "\n",
  );
}

async function journalStreams(): Promise<JournalStreams> {
  try {
    if (!Deno.env.has("JOURNAL_STREAM")) return NO_JOURNAL;
    const [{ openLibc }, { findJournal }] = await Promise.all([
      import("../mod/os/libc.ts"),
      import("../mod/os/journal.ts"),
    ]);
    return findJournal(openLibc());
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return NO_JOURNAL; // only the permissions of `listen` and `record` allow it
    throw error;
  }
}

async function paintFor(name: "stdout" | "stderr"): Promise<Paint | null> {
  if (!Deno[name].isTerminal() || Deno.env.get("TERM") === "dumb" || Deno.noColor) return null;
  const { styleText } = await import("node:util"); // 12 ms
  return (color, text) => styleText(color, text, { validateStream: false });
}

async function foldFor(name: "stdout" | "stderr", size: typeof Deno.consoleSize): Promise<Fold> {
  if (!Deno[name].isTerminal()) return (line) => line;
  const { foldLine } = await import("../mod/terminal/fold_line.ts");
  return (line, indent = INDENT) => foldLine(line, { columns: size().columns, indent });
}

function lastingSize(): typeof Deno.consoleSize {
  let last: ReturnType<typeof Deno.consoleSize> = { columns: 80, rows: 24 };
  return () => {
    try {
      last = Deno.consoleSize();
    } catch {
      // EIO, which has no class of its own
    }
    return last;
  };
}

/**
 * Reports whether nothing reads the output any more, which does not count as a failure: `| head` closes the pipe, and a person
 * closes the terminal. (A terminal cannot be full.)
 */
function isReaderGone(error: unknown, isTerminal: boolean): boolean {
  return isTerminal || error instanceof Deno.errors.BrokenPipe || error instanceof Deno.errors.ConnectionReset;
}

async function reportFailure(writeErr: Write, name: string, error: unknown): Promise<void> {
  const reason = escapeText(systemProblem(error));
  const text = formatProblem(
    "error",
    `cannot write to ${name}: ${reason}\nfurther lines are lost; make room on the disk, or write to another file`,
  );
  await writeErr(new TextEncoder().encode(`${text}\n`)).catch(() => {});
}
