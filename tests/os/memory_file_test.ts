import assert from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { openMemoryFile } from "../../mod/os/memory_file.ts";
import { readProcFile } from "../../mod/os/proc.ts";

const libc = openLibc();

/** Closes the descriptor that the path stands for. */
function close(path: string): void {
  libc.symbols.close(Number(path.split("/").at(-1)));
}

Deno.test("openMemoryFile keeps its content", () => {
  const path = openMemoryFile(libc, "a test", new TextEncoder().encode("what it was given"));
  try {
    assert.strictEqual(readProcFile(libc, path), "what it was given");
  } finally {
    close(path);
  }
});

Deno.test("openMemoryFile makes a file that cannot be written to any more", () => {
  const path = openMemoryFile(libc, "a test", Uint8Array.of(1));
  const descriptor = Number(path.split("/").at(-1));
  try {
    assert.strictEqual(libc.symbols.write(descriptor, Uint8Array.of(2), 1n), -1n);
    assert.strictEqual(libc.errno(), 1); // EPERM
  } finally {
    close(path);
  }
});

Deno.test("openMemoryFile seals the file also while something else refers to its pages", () => {
  using references = new PageReferences();
  const fcntl = (descriptor: number, command: number, argument: number) => {
    references.take(descriptor); // after the last byte is written, before the first seal
    return libc.symbols.fcntl(descriptor, command, argument);
  };
  const path = openMemoryFile({ ...libc, symbols: { ...libc.symbols, fcntl } }, "a test", Uint8Array.of(1));
  try {
    assert.ok(references.taken > 0);
    assert.strictEqual(libc.symbols.write(Number(path.split("/").at(-1)), Uint8Array.of(2), 1n), -1n);
  } finally {
    close(path);
  }
});

Deno.test("openMemoryFile makes a file that a child has under the same path", async () => {
  const path = openMemoryFile(libc, "a test", new TextEncoder().encode("inherited"));
  try {
    const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
    assert.strictEqual(new TextDecoder().decode(stdout), "inherited");
  } finally {
    close(path);
  }
});

Deno.test("openMemoryFile throws with the name of the file and the reason", () => {
  const name = "x".repeat(300); // memfd_create(2) accepts at most 249 bytes
  assert.throws(() => openMemoryFile(libc, name, new Uint8Array()), /^OsError: cannot make memory file x+: Invalid/);
});

/** Holds references to pages of files in a pipe, as the kernel does for a moment on a busy machine. */
class PageReferences implements Disposable {
  readonly #libc = Deno.dlopen("libc.so.6", {
    pipe: { parameters: ["buffer"], result: "i32" },
    splice: { parameters: ["i32", "buffer", "i32", "pointer", "usize", "u32"], result: "isize" },
    close: { parameters: ["i32"], result: "i32" },
  });
  readonly #ends = new Int32Array(2);
  taken = 0;

  constructor() {
    assert.strictEqual(this.#libc.symbols.pipe(this.#ends), 0);
  }

  take(descriptor: number): void {
    this.taken += Number(this.#libc.symbols.splice(descriptor, new BigInt64Array(1), this.#ends[1] ?? -1, null, 1n, 0));
  }

  [Symbol.dispose](): void {
    for (const end of this.#ends) this.#libc.symbols.close(end);
    this.#libc.close();
  }
}
