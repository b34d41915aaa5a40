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

  /** @param secrets Passphrases by the names of their files, which are in the same folder. */
  constructor(text: string, secrets: Readonly<Record<string, string>> = {}) {
    this.write(text);
    for (const [name, secret] of Object.entries(secrets)) {
      Deno.writeTextFileSync(this.#folder.file(name), `${secret}\n`, { mode: 0o600 });
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
