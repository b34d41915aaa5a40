import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

import { foldLine } from "../../mod/terminal/fold_line.ts";

const FILE = "drone_2026-11-22_20-53-33.ts";
const LINE =
  `20:53:33 \x1b[32m+\x1b[0m s2 begins: drone, from 127.0.0.1:41540, latency 120 ms, SRT 1.5.1, file ${FILE}`;

for (const columns of [45, 60, 80, 100, 132]) {
  Deno.test(`foldLine keeps within ${columns} columns`, () => {
    for (const line of foldLine(LINE, { columns, indent: 11 }).split("\n")) {
      assert.ok(stringWidth(line) <= columns, line);
    }
  });
}

for (const columns of [1, 10, 20, 45, 80]) {
  Deno.test(`foldLine never breaks a path, in ${columns} columns`, () => {
    assert.ok(foldLine(LINE, { columns, indent: 11 }).includes(FILE));
  });
}

Deno.test("foldLine breaks a line after a comma if possible, and indents each further line", () => {
  assert.strictEqual(
    stripVTControlCharacters(foldLine(LINE, { columns: 70, indent: 11 })),
    `20:53:33 + s2 begins: drone, from 127.0.0.1:41540,\n           latency 120 ms, SRT 1.5.1,\n           file ${FILE}`,
  );
});

Deno.test("foldLine keeps the spaces at the start of a line", () => {
  assert.strictEqual(
    foldLine("           hint: set the passphrase, or remove it", { columns: 40, indent: 13 }),
    "           hint: set the passphrase,\n             or remove it",
  );
});

Deno.test("foldLine does not change a line that fits", () => {
  assert.strictEqual(foldLine(LINE, { columns: 132, indent: 11 }), LINE);
  assert.strictEqual(foldLine(LINE, { columns: Infinity, indent: 11 }), LINE);
});

Deno.test("foldLine does not break a quoted value with spaces", () => {
  const value = '"/media/my disk/a folder/with spaces"';
  const text = foldLine(`warning: other users of this machine can read the passphrase file ${value}`, {
    columns: 60,
    indent: 2,
  });
  assert.ok(text.includes(value), text);
});
