/** Tests of mod/os/library_functions.ts, with functions of the C library. */
import { match, strictEqual, throws } from "node:assert/strict";
import { openLibrary } from "../../mod/os/library_functions.ts";

const TABLE = {
  getuid: { parameters: [], result: "i32" },
  abs: { parameters: ["i32"], result: "i32" },
  labs: { parameters: ["isize"], result: "isize", nonblocking: true },
  no_such_function: { parameters: [], result: "i32" },
} as const;

Deno.test("openLibrary opens functions now or when they are called, with the same result", async () => {
  const { symbols, close } = openLibrary("libc.so.6", TABLE, ["getuid"]);
  strictEqual(symbols.getuid(), Deno.uid());
  strictEqual(symbols.abs(-3), 3);
  strictEqual(symbols.abs(-4), 4);
  strictEqual(await symbols.labs(-5n), 5n);
  close();
});

Deno.test("openLibrary reports a function that the library lacks when it is opened", () => {
  throws(() => openLibrary("libc.so.6", TABLE, ["no_such_function"]), /Failed to register symbol no_such_function/);
  const { symbols, close } = openLibrary("libc.so.6", TABLE, []);
  throws(() => symbols.no_such_function(), /no_such_function/);
  close();
});

Deno.test("openLibrary reports a library that does not exist", () => {
  throws(() => openLibrary("no-such-library.so", TABLE, []), (error) => {
    match(String(error), /no-such-library/);
    return true;
  });
});
