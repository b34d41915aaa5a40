/** Tests of mod/door/secret_cookie.ts. */
import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { SecretCookie } from "../../mod/door/secret_cookie.ts";

/** `struct sockaddr_in`: family, port 5000, address 192.0.2.1, eight zero bytes. */
const CALLER = Uint8Array.of(2, 0, 0x13, 0x88, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
/** `struct sockaddr_in6`: family, port 5000, flow information, address 2001:db8::1, scope. */
const CALLER_IPV6 = Uint8Array.of(
  10,
  0,
  0x13,
  0x88,
  0,
  0,
  0,
  0,
  0x20,
  1,
  0xd,
  0xb8,
  ...Array(11).fill(0),
  1,
  0,
  0,
  0,
  0,
);
const MINUTE_MS = 60_000;

function cookies(seed = 1): SecretCookie {
  return new SecretCookie(Uint32Array.of(seed, 2, 3, 4));
}

for (
  const [what, laterMs, fits] of [
    ["at once", 0, true],
    ["in the next minute", MINUTE_MS, true],
    ["two minutes later", 2 * MINUTE_MS, false],
  ] as const
) {
  Deno.test(`a secret cookie ${fits ? "fits" : "does not fit"} ${what}`, () => {
    const secret = cookies();
    strictEqual(secret.fits(secret.make(CALLER, 0), CALLER, laterMs), fits);
  });
}

/** The caller with one byte changed. */
function changed(caller: Uint8Array, at: number): Uint8Array {
  return caller.with(at, (caller[at] ?? 0) ^ 1);
}

Deno.test("a secret cookie does not fit another port or address", () => {
  const secret = cookies();
  const cookie = secret.make(CALLER, 0);
  const others = [2, 3, 4, 5, 6, 7].map((at) => secret.fits(cookie, changed(CALLER, at), 0));
  deepStrictEqual(others, Array(6).fill(false));
});

Deno.test("a secret cookie does not fit another IPv6 port or address, whichever byte differs", () => {
  const secret = cookies();
  const cookie = secret.make(CALLER_IPV6, 0);
  const others = [2, 3, ...Array.from({ length: 16 }, (_, index) => 8 + index)];
  deepStrictEqual(others.filter((at) => secret.fits(cookie, changed(CALLER_IPV6, at), 0)), []);
});

Deno.test("a secret cookie does not depend on flow information, scope and bytes after the address", () => {
  const secret = cookies();
  const cookie = secret.make(CALLER_IPV6, 0);
  deepStrictEqual(
    [4, 5, 6, 7, 24, 27].map((at) => secret.fits(cookie, changed(CALLER_IPV6, at), 0)),
    Array(6).fill(true),
  );
  strictEqual(secret.fits(secret.make(CALLER, 0), Uint8Array.of(...CALLER, ...CALLER), 0), true);
});

Deno.test("a secret cookie depends on the key", () => {
  notStrictEqual(cookies(1).make(CALLER, 0), cookies(2).make(CALLER, 0));
});

Deno.test("a secret cookie is 32 bits, unsigned", () => {
  const secret = cookies();
  const all = Array.from({ length: 100 }, (_, index) => secret.make(CALLER.with(3, index), 0));
  strictEqual(all.every((cookie) => Number.isInteger(cookie) && cookie >= 0 && cookie <= 0xffffffff), true);
});
