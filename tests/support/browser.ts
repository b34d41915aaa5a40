/**
 * A headless Chromium, held by `await using`.
 *
 * @module
 */

import type { Browser as Connection, Page } from "npm:playwright-core@1.65.1";
import { readLines } from "../../mod/os/read_lines.ts";
import { DEADLINE_MS, within } from "./deadline.ts";
import { attempt, type Need, once } from "./needs.ts";
import { descendantsOf, waitUntilGone } from "./processes.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

const FLAGS = [
  ..."--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync --disable-breakpad".split(" "),
  ..."--disable-background-networking --disable-component-update --disable-dev-shm-usage --mute-audio".split(" "),
];

/** How long Chromium may take to end after SIGTERM, in ms. */
const END_MS = 10_000;

/** Chromium, and a machine on which it starts. */
export const CHROMIUM: Need = once(() => {
  using profile = new TemporaryFolder();
  const flags = [...FLAGS, `--user-data-dir=${profile.path}`, "--dump-dom", "about:blank"];
  const variables = Object.entries(environmentIn(profile)).map(([name, value]) => `${name}=${value}`);
  const timeout = ["timeout", String(DEADLINE_MS / 1000)];
  return attempt("Chromium does not start", "env", ...variables, ...timeout, "chromium", ...flags);
});

/** Returns variables with which Chromium writes only to the folder: it leaves temporary files behind. */
function environmentIn({ path }: TemporaryFolder): Readonly<Record<"TMPDIR" | "HOME", string>> {
  return { TMPDIR: path, HOME: path };
}

/** How a page is shown. */
export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly colorScheme?: "light" | "dark";
}

/** A page, and what went wrong in it. */
export interface OpenPage {
  readonly page: Page;
  /** Errors of scripts, and what the policy of the page has refused. Requests that have failed are not among them. */
  readonly errors: readonly string[];
}

/** A running Chromium. */
export class Browser implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #profile: TemporaryFolder;
  readonly #reading: Promise<void>;
  #connection: Connection | null = null;

  private constructor(process: Deno.ChildProcess, profile: TemporaryFolder, onLine: (line: string) => void) {
    this.#process = process;
    this.#profile = profile;
    this.#reading = (async () => {
      for await (const line of readLines(process.stderr)) onLine(line);
    })();
  }

  /** Starts it. */
  static async start(): Promise<Browser> {
    const profile = new TemporaryFolder();
    const { promise: address, resolve } = Promise.withResolvers<string>();
    const process = new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${profile.path}`, "--remote-debugging-port=0", "about:blank"],
      env: environmentIn(profile),
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const browser = new Browser(process, profile, (line) => {
      const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1];
      if (found !== undefined) resolve(found);
    });
    try {
      const { chromium } = await importPlaywright();
      browser.#connection = await chromium.connectOverCDP(await within(address, "Chromium"), { timeout: DEADLINE_MS });
      return browser;
    } catch (error) {
      await browser[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Opens a page. */
  async open(url: string, { width = 1300, height = 900, colorScheme = "light" }: PageOptions = {}): Promise<OpenPage> {
    if (this.#connection === null) throw new TypeError("the browser is not connected");
    const context = await this.#connection.newContext({ viewport: { width, height }, colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(DEADLINE_MS);
    const errors: string[] = [];
    page.on("pageerror", ({ message }) => errors.push(message));
    page.on("console", (message) => {
      const text = message.text();
      if (message.type() === "error" && !text.startsWith("Failed to load resource")) errors.push(text);
    });
    await page.goto(url);
    return { page, errors };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection?.close().catch(() => {}); // it may have ended
    const { pid, status } = this.#process;
    const others = descendantsOf(pid);
    Deno.kill(pid, "SIGTERM");
    const timer = setTimeout(() => Deno.kill(pid, "SIGKILL"), END_MS);
    await status;
    clearTimeout(timer);
    await Promise.all([this.#reading, ...others.map(waitUntilGone)]); // they write to the profile until then
    this.#profile[Symbol.dispose]();
  }
}

/** Imports the package. Without the variable, it reads files of /proc/sys, for which Deno needs all permissions. */
function importPlaywright(): Promise<typeof import("npm:playwright-core@1.65.1")> {
  Deno.env.set("__IS_WSL_TEST__", "1");
  return import("npm:playwright-core@1.65.1");
}
