/**
 * Shows a long text on a terminal, one screen at a time.
 *
 * @module
 */

/** What a pager needs from a terminal. */
export interface PagerTerminal {
  readonly write: (text: string) => void;
  /** Reads the next key; null at the end of the input. */
  readonly readKey: () => Promise<string | null>;
  readonly rows: () => number;
}

/** The line below each screen. */
const PROMPT = "-- more -- (space: next page, Enter: next line, q: quit)";

/** ECMA-48: back to the start of the line, and erase it. */
const ERASE_LINE = "\r\x1b[2K";

/** Ctrl-C, Ctrl-D and Escape end the pager, like `q`. */
const QUIT_KEYS: ReadonlySet<string | null> = new Set(["q", "Q", "\x03", "\x04", "\x1b", null]);
const LINE_KEYS: ReadonlySet<string | null> = new Set(["\r", "\n", "j", "\x1b[B"]);

/** Shows `text`, whose lines are folded already. */
export async function page(text: string, { write, readKey, rows }: PagerTerminal): Promise<void> {
  const lines = text.trimEnd().split("\n");
  let shown = 0;
  let amount = rows() - 1;
  for (;;) {
    write(`${lines.slice(shown, shown + amount).join("\r\n")}\r\n`);
    shown += amount;
    if (shown >= lines.length) return;
    write(PROMPT);
    const key = await readKey();
    write(ERASE_LINE);
    if (QUIT_KEYS.has(key)) return;
    amount = LINE_KEYS.has(key) ? 1 : rows() - 1;
  }
}
