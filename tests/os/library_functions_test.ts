/** Tests of mod/os/library_functions.ts, with functions of the C library. */
import { match, strictEqual, throws } from "node:assert/strict";
import { openLibrary } from "../../mod/os/library_functions.ts";

const TABLE = {
  getuid: { parameters: [], result: "i32" },
  abs: { parameters: ["i32"], result: "i32" },
  labs: { parameters: ["isize"], result: "isize", nonblocking: true },
  no_such_function: { parameters: [], result: "i32" },
} as const;

/** More calls than openLibrary makes through the address of a function before it compiles that function. */
const MANY_CALLS = 1100;

Deno.test("openLibrary calls functions with the same result before and after they are compiled", async () => {
  using library = openLibrary("libc.so.6", TABLE);
  const { symbols } = library;
  const { abs } = symbols;
  for (let call = 1; call <= MANY_CALLS; call += 1) {
    strictEqual(symbols.abs(-call), call);
    strictEqual(abs(-call), call);
  }
  strictEqual(symbols.getuid(), Deno.uid());
  strictEqual(await symbols.labs(-5n), 5n);
});

Deno.test("openLibrary opens a library that lacks a function of the table", () => {
  using library = openLibrary("libc.so.6", TABLE);
  strictEqual(library.has("abs"), true);
  strictEqual(library.has("no_such_function"), false);
  throws(() => library.symbols.no_such_function(), /cannot call no_such_function/);
});

Deno.test("openLibrary: no function can be called after close", () => {
  const { symbols, close } = openLibrary("libc.so.6", TABLE);
  close();
  close();
  throws(() => symbols.abs(-1), /cannot call abs/);
});

Deno.test("openLibrary throws for a library that does not exist, and names it", () => {
  throws(() => openLibrary("no-such-library.so", TABLE), (error) => {
    match(String(error), /no-such-library/);
    return true;
  });
});

Deno.test("openLibrary keeps the memory of an argument until a nonblocking call returns", async () => {
  const program = `
    import { openLibrary } from ${JSON.stringify(import.meta.resolve("../../mod/os/library_functions.ts"))};
    const poll = { parameters: ["buffer", "usize", "i32"], result: "i32", nonblocking: true };
    using library = openLibrary("libc.so.6", { poll });
    const later = () => new Promise((resolve) => setTimeout(resolve, 10));
    let argument = new Uint8Array(1000);
    const held = new WeakRef(argument);
    const call = library.symbols.poll(argument, 0n, 2000);
    argument = null;
    await later();
    gc();
    console.log(held.deref() !== undefined);
    await call;
    await later();
    gc();
    console.log(held.deref() !== undefined);
  `;
  const args = ["run", "--no-config", "--no-check", "--allow-ffi", "--allow-read", "--v8-flags=--expose-gc", "-"];
  const process = new Deno.Command(Deno.execPath(), { args, stdin: "piped", stdout: "piped" }).spawn();
  await new Response(program).body?.pipeTo(process.stdin);
  strictEqual(new TextDecoder().decode((await process.output()).stdout), "true\nfalse\n");
});
