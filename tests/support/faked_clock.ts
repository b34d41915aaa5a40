/**
 * A wall clock that a test can step, for programs that the test starts: libfaketime. Monotonic clocks are not changed.
 *
 * @module
 */

import { type Need, once } from "./needs.ts";

const LIBRARIES: readonly string[] = [
  `/usr/lib/${Deno.build.arch}-linux-gnu/faketime/libfaketimeMT.so.1`,
  "/usr/lib64/faketime/libfaketimeMT.so.1",
  "/usr/lib/faketime/libfaketimeMT.so.1",
];

/** A library that gives a program another clock: libfaketime. */
export const FAKETIME: Need = once(() => library() === null ? "there is no libfaketime (package faketime)" : null);

/** Held by `using`. */
export class FakedClock implements Disposable {
  readonly #file = Deno.makeTempFileSync();

  constructor() {
    this.step(0);
  }

  /** Environment variables that give a program this clock. */
  get environment(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: library() ?? "",
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  /** A command that starts a program with these variables. */
  get command(): readonly string[] {
    return ["env", ...Object.entries(this.environment).map(([name, value]) => `${name}=${value}`)];
  }

  /** Sets the clock `seconds` ahead of this machine's clock, or behind it if negative. */
  step(seconds: number): void {
    const next = `${this.#file}.next`;
    Deno.writeTextFileSync(next, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
    Deno.renameSync(next, this.#file); // a program never reads a half-written file
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#file);
  }
}

function library(): string | null {
  return LIBRARIES.find((file) => exists(file)) ?? null;
}

function exists(file: string): boolean {
  try {
    return Deno.statSync(file).isFile;
  } catch {
    return false;
  }
}
