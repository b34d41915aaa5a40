/**
 * A folder for one test, removed with everything in it.
 *
 * @module
 */

/** Held by `using`. */
export class TemporaryFolder implements Disposable {
  /** Absolute path. */
  readonly path = Deno.makeTempDirSync();

  /** Path of something in it. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** Names of what is in it, sorted. */
  names(): readonly string[] {
    return Array.from(Deno.readDirSync(this.path), ({ name }) => name).sort();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}
