/**
 * A running `srt-splitter web`, held by `await using`.
 *
 * @module
 */

import assert from "node:assert/strict";
import { DEADLINE_MS } from "./deadline.ts";
import { Splitter, type SplitterOptions } from "./splitter.ts";

/** A web process that serves a listener. */
export class Web implements AsyncDisposable {
  readonly #splitter: Splitter;
  /** Without a slash at its end. */
  readonly url: string;

  private constructor(splitter: Splitter, url: string) {
    this.#splitter = splitter;
    this.url = url;
  }

  /** Starts `web` for a listener. `address`: where it serves; others: as for a {@linkcode Splitter}. */
  static async start(
    { port }: Splitter,
    args: readonly string[] = [],
    { address = "127.0.0.1:0", ...options }: { readonly address?: string } & Pick<SplitterOptions, "as" | "env"> = {},
  ): Promise<Web> {
    const web = Splitter.start(["web", address, "--listener", `127.0.0.1:${port}`, ...args], options);
    const line = await web.line(/^serving /);
    return new Web(web, /http:\S+(?=\/ )/.exec(line)?.[0] ?? "");
  }

  /** Its process ID. */
  get pid(): number {
    return this.#splitter.pid;
  }

  /** Requests a path. */
  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(DEADLINE_MS), ...init });
  }

  /** Returns the JSON at a path. Fails if the status is not `status`. */
  // deno-lint-ignore no-explicit-any -- tests read fields of it
  async json(path: string, { status = 200, ...init }: RequestInit & { readonly status?: number } = {}): Promise<any> {
    const response = await this.fetch(path, init);
    const text = await response.text();
    assert.strictEqual(response.status, status, text);
    return JSON.parse(text);
  }

  /** Waits until it has ended; returns its exit status. */
  ended(): Promise<Deno.CommandStatus> {
    return this.#splitter.ended();
  }

  /** Waits for a line of stderr. */
  errorLine(pattern: RegExp): Promise<string> {
    return this.#splitter.errorLine(pattern);
  }

  /** Lines of stderr so far. */
  get errors(): readonly string[] {
    return this.#splitter.errors;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#splitter[Symbol.asyncDispose]();
  }
}

/** Waits until something holds. */
export async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (!await holds()) {
    if (signal.aborted) throw new Error(`cannot wait longer for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
