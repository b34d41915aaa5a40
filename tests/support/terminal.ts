/**
 * A real terminal: tmux, with a program in it, held by `await using`.
 *
 * @module
 */

import { DEADLINE_MS } from "./deadline.ts";
import { descendantsOf, waitUntilGone } from "./processes.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

/** How often the screen is read, in ms: tmux does not report changes. */
const POLL_MS = 50;

export interface TerminalOptions {
  readonly columns: number;
  readonly rows: number;
  /** Environment variables of the program. */
  readonly env?: Readonly<Record<string, string>>;
}

/** One tmux server with one window. */
export class Terminal implements AsyncDisposable {
  readonly #folder = new TemporaryFolder();

  private constructor() {}

  /** Starts a program in a terminal of its own. The terminal stays when the program ends. */
  static async start(command: readonly string[], { columns, rows, env = {} }: TerminalOptions): Promise<Terminal> {
    const terminal = new Terminal();
    const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const line = ["env", "-u", "NO_COLOR", ...variables, ...command].map(quote).join(" ");
    await terminal.#tmux([
      ...["-f", "/dev/null", "new-session", "-d", "-x", String(columns), "-y", String(rows)],
      `${line}; echo "exit code $?"; exec cat`,
    ]);
    return terminal;
  }

  /** The screen as text: one string for each row, without spaces at the end. */
  async rows(): Promise<readonly string[]> {
    return (await this.#tmux(["capture-pane", "-p"])).split("\n").slice(0, -1);
  }

  /** The screen with its colors. */
  async colors(): Promise<string> {
    return await this.#tmux(["capture-pane", "-p", "-e"]);
  }

  /** All output since the start, with wrapped lines joined again. */
  async history(): Promise<string> {
    return await this.#tmux(["capture-pane", "-p", "-J", "-S", "-"]);
  }

  /**
   * Waits until the screen matches; returns its rows. The table may be half drawn then: `fits` must check everything that belongs
   * together.
   *
   * @param options `colors`: the rows contain the escape sequences of colors.
   */
  async until(
    what: string,
    fits: (rows: readonly string[]) => boolean,
    { colors = false }: { readonly colors?: boolean } = {},
  ): Promise<readonly string[]> {
    const deadline = performance.now() + DEADLINE_MS;
    for (;;) {
      const rows = colors ? (await this.colors()).split("\n") : await this.rows();
      if (fits(rows)) return rows;
      if (performance.now() > deadline) throw new Error(`cannot see ${what} in time; the screen:\n${rows.join("\n")}`);
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  async resize(columns: number, rows: number): Promise<void> {
    await this.#tmux(["resize-window", "-x", String(columns), "-y", String(rows)]);
  }

  /** Types a key, such as `C-c`. */
  async type(key: string): Promise<void> {
    await this.#tmux(["send-keys", key]);
  }

  /** Hangs up, and waits until all its processes have ended: they may write to the test's folder until then. */
  async [Symbol.asyncDispose](): Promise<void> {
    const shell = Number(await this.#tmux(["display-message", "-p", "#{pane_pid}"]));
    const started = descendantsOf(shell);
    await this.#tmux(["kill-server"]);
    await Promise.all(started.map(waitUntilGone));
    this.#folder[Symbol.dispose]();
  }

  async #tmux(args: readonly string[]): Promise<string> {
    const { success, stdout, stderr } = await new Deno.Command("tmux", {
      args: ["-u", "-S", this.#folder.file("tmux"), ...args],
      stdin: "null",
      env: { TERM: "xterm-256color", LANG: "C.UTF-8" },
    }).output();
    if (!success) throw new Error(`tmux ${args[0]} failed: ${new TextDecoder().decode(stderr)}`);
    return new TextDecoder().decode(stdout);
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
