/**
 * A running Prometheus, held by `await using`, which scrapes one address.
 *
 * @module
 */

import { readLines } from "../../mod/os/read_lines.ts";
import { within } from "./deadline.ts";
import { attempt, type Need, once } from "./needs.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

/** Prometheus. */
export const PROMETHEUS: Need = once(() => attempt("Prometheus does not work", "prometheus", "--version"));

/** promtool, which belongs to Prometheus. */
export const PROMTOOL: Need = once(() => attempt("promtool does not work", "promtool", "--version"));

/** Runs promtool. Returns whether it has succeeded, and its output. `stdin`: its input. */
export async function promtool(
  args: readonly string[],
  stdin = "",
): Promise<{ readonly success: boolean; readonly output: string }> {
  await using process = new Deno.Command("promtool", {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(stdin)).catch(() => {});
  await writer.close().catch(() => {});
  const { success, stdout, stderr } = await process.output();
  return { success, output: new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr) };
}

/** How an address is scraped. */
export interface Scrape {
  /** `HOST:PORT`. */
  readonly target: string;
  /** File with the bearer token, or null. */
  readonly tokenFile: string | null;
  /** A file of rules. */
  readonly rules: string;
}

/** A running Prometheus. */
export class Prometheus implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: TemporaryFolder;
  readonly #reading: Promise<void>;
  readonly #address = Promise.withResolvers<string>();
  readonly #lines: string[] = [];

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.#process = new Deno.Command("prometheus", {
      args: [
        `--config.file=${folder.file("prometheus.yml")}`,
        `--storage.tsdb.path=${folder.file("data")}`,
        "--web.listen-address=127.0.0.1:0",
      ],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    this.#reading = this.#read();
  }

  /** Starts it, and waits until it answers requests. */
  static async start({ target, tokenFile, rules }: Scrape): Promise<Prometheus> {
    using started = new DisposableStack();
    const folder = started.use(new TemporaryFolder());
    const job = {
      job_name: "srt-splitter",
      scrape_interval: "500ms",
      scrape_timeout: "400ms",
      static_configs: [{ targets: [target] }],
      ...(tokenFile === null ? {} : { authorization: { credentials_file: tokenFile } }),
    };
    // YAML is a superset of JSON
    const configuration = { global: { evaluation_interval: "500ms" }, rule_files: [rules], scrape_configs: [job] };
    Deno.writeTextFileSync(folder.file("prometheus.yml"), JSON.stringify(configuration));
    const prometheus = new Prometheus(folder);
    started.move();
    try {
      await within(prometheus.#address.promise, "Prometheus", () => prometheus.#lines.join("\n"));
      return prometheus;
    } catch (error) {
      await prometheus[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Returns the data of its HTTP API at `path`, or null while it is starting. */
  // deno-lint-ignore no-explicit-any -- tests read fields of it
  async get(path: string): Promise<any> {
    const response = await fetch(`http://${await this.#address.promise}/api/v1/${path}`);
    if (response.ok) return (await response.json()).data;
    await response.body?.cancel();
    return null;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#process.status;
    await this.#reading;
    this.#folder[Symbol.dispose]();
  }

  async #read(): Promise<void> {
    for await (const line of readLines(this.#process.stderr)) {
      this.#lines.push(line);
      const address = /msg="Listening on" address=(\S+)/.exec(line)?.[1];
      if (address !== undefined) this.#address.resolve(address);
    }
  }
}
