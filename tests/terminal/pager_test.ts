import assert from "node:assert/strict";

import { page } from "../../mod/terminal/pager.ts";

/** A text of `amount` numbered lines. */
function lines(amount: number): string {
  return Array.from({ length: amount }, (_, index) => `line ${index + 1}`).join("\n");
}

/** The number of lines, of 100, that a pager shows on a terminal of 11 rows while these keys are pressed. */
async function shown(keys: readonly string[]): Promise<number> {
  const left = [...keys];
  let text = "";
  await page(lines(100), {
    write: (part) => (text += part),
    readKey: () => Promise.resolve(left.shift() ?? null),
    rows: () => 11,
  });
  return text.match(/line \d+/g)?.length ?? 0;
}

/** Keys, and the total number of lines that are shown. */
const KEYS: readonly (readonly [readonly string[], number])[] = [
  [["q"], 10],
  [["\x03"], 10],
  [[], 10],
  [[" ", "q"], 20],
  [["\r", "\r", "q"], 12],
  [Array(20).fill(" "), 100],
];

for (const [keys, amount] of KEYS) {
  Deno.test(`page shows ${amount} lines for the keys ${JSON.stringify(keys)}`, async () => {
    assert.strictEqual(await shown(keys), amount);
  });
}

Deno.test("page asks for no key if the text fits", async () => {
  let text = "";
  await page(lines(3), {
    write: (part) => (text += part),
    readKey: () => Promise.reject(new Error("a key was read")),
    rows: () => 11,
  });
  assert.strictEqual(text, "line 1\r\nline 2\r\nline 3\r\n");
});
