/** Tests of mod/admission/secret_cookie.ts. */
import { deepStrictEqual, notStrictEqual, strictEqual } from "node:assert/strict";
import { SecretCookie } from "../../mod/admission/secret_cookie.ts";

const CALLER = { address: "192.0.2.1", port: 5000 };
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

Deno.test("a secret cookie does not fit another port or address", () => {
  const secret = cookies();
  const cookie = secret.make(CALLER, 0);
  const others = [{ ...CALLER, port: 5001 }, { ...CALLER, address: "192.0.2.2" }];
  deepStrictEqual(others.map((other) => secret.fits(cookie, other, 0)), [false, false]);
});

Deno.test("a secret cookie depends on the key", () => {
  notStrictEqual(cookies(1).make(CALLER, 0), cookies(2).make(CALLER, 0));
});

Deno.test("a secret cookie is 32 bits, unsigned", () => {
  const secret = cookies();
  const all = Array.from({ length: 100 }, (_, index) => secret.make({ ...CALLER, port: index }, 0));
  strictEqual(all.every((cookie) => Number.isInteger(cookie) && cookie >= 0 && cookie <= 0xffffffff), true);
});
