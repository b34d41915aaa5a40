import assert from "node:assert/strict";
import { openLibc } from "../../mod/os/libc.ts";
import { openMemoryFile } from "../../mod/os/memory_file.ts";
import { readProcFile } from "../../mod/os/proc.ts";

const libc = openLibc();

/** Closes the descriptor that the path stands for. */
function close(path: string): void {
  libc.symbols.close(Number(path.split("/").at(-1)));
}

Deno.test("openMemoryFile keeps what it was given", () => {
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

Deno.test("openMemoryFile makes a file that a child has under the same path", async () => {
  const path = openMemoryFile(libc, "a test", new TextEncoder().encode("inherited"));
  try {
    const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
    assert.strictEqual(new TextDecoder().decode(stdout), "inherited");
  } finally {
    close(path);
  }
});

Deno.test("openMemoryFile says which file it could not make, and why", () => {
  const name = "x".repeat(300); // memfd_create(2) takes 249 bytes
  assert.throws(() => openMemoryFile(libc, name, new Uint8Array()), /^OsError: Cannot make memory file x+: Invalid/);
});
