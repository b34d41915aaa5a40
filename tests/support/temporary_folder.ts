/**
 * A folder for one test, removed with its content when it is disposed of.
 *
 * @module
 */

/** Held by `using`. */
export class TemporaryFolder implements Disposable {
  /** Absolute path. */
  readonly path = Deno.makeTempDirSync();

  /** Path of a file in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Names of its files and folders, sorted. */
  names(): readonly string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
