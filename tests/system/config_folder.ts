/**
 * A configuration file of one test, in a folder of its own.
 *
 * @module
 */

import { TemporaryFolder } from "../support/temporary_folder.ts";

/** A folder with a configuration file. */
export class ConfigFolder implements Disposable {
  readonly #folder = new TemporaryFolder();
  /** Path of the file. */
  readonly file = this.#folder.file("splitter.toml");

  /** @param others Texts of other files in the same folder by their names, such as passphrases. */
  constructor(text: string, others: Readonly<Record<string, string>> = {}) {
    this.write(text);
    for (const [name, content] of Object.entries(others)) {
      Deno.writeTextFileSync(this.#folder.file(name), `${content}\n`, { mode: 0o600 });
    }
  }

  /** Replaces the content of the file. */
  write(text: string): void {
    Deno.writeTextFileSync(this.file, text);
  }

  /** Returns the names in the folder `name`, which is next to the file. */
  namesIn(name: string): readonly string[] {
    return Array.from(Deno.readDirSync(this.#folder.file(name)), (entry) => entry.name);
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }
}
