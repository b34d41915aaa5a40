import assert from "node:assert/strict";
import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";

import { formatMarkdown } from "../../mod/terminal/markdown.ts";

const PAGE = `# Admission

A caller has to pass the rules on names and those on addresses: \`--allow\` & <code>; see [options](options.md) and
[SRT](https://example.org/srt).

- \`--max-sessions N\`: refuse callers beyond this number of sessions at the same time
- second

\`\`\`toml
max-sessions = 8
\`\`\`

| reason | name                   | when                                                        |
| ------ | ---------------------- | ----------------------------------------------------------- |
| 1402   | \`SRT_REJX_OVERLOAD\`  | \`--max-sessions\`, \`--max-per-address\`, \`--max-per-stream\` |

<!-- generated: x -->
`;

function format(columns: number, color = false): string {
  return formatMarkdown(PAGE, { columns, color });
}

for (const columns of [40, 60, 80, 100]) {
  Deno.test(`formatMarkdown keeps within ${columns} columns`, () => {
    for (const line of format(columns, true).split("\n")) assert.ok(stringWidth(line) <= columns, line);
  });
}

Deno.test("formatMarkdown indents code and the further lines of an item", () => {
  const lines = format(60).split("\n");
  assert.ok(lines.includes("    max-sessions = 8"));
  assert.ok(lines.includes("- --max-sessions N: refuse callers beyond this number of"));
  assert.ok(lines.includes("  sessions at the same time"));
});

Deno.test("formatMarkdown shows addresses only of absolute links", () => {
  assert.match(format(200), /see options and SRT \(https:\/\/example\.org\/srt\)\./);
});

Deno.test("formatMarkdown leaves pictures out", () => {
  const page = "# A\n\n![a picture](a.png)\n\nText.\n";
  assert.strictEqual(formatMarkdown(page, { columns: 80, color: false }), "A\n\nText.\n");
});

Deno.test("formatMarkdown folds the cells of a table", () => {
  assert.match(
    format(60),
    /\nreason {2}name {15}when\n1402 {4}SRT_REJX_OVERLOAD {2}--max-sessions,\n {27}--max-per-address,/,
  );
});

Deno.test("formatMarkdown prints each row of a table that is too wide as a paragraph with the headers of its columns", () => {
  const text = formatMarkdown("| caller | version | exact | end |\n| - | - | - | - |\n| ffmpeg | 5.1 | | silence |\n", {
    columns: 24,
    color: false,
  });
  assert.strictEqual(text, "ffmpeg: version = 5.1;\nend = silence\n");
});

Deno.test("formatMarkdown keeps short code on one line", () => {
  const text = formatMarkdown("A line that is folded before `utc = true`, which is whole.", {
    columns: 36,
    color: false,
  });
  assert.strictEqual(text, "A line that is folded before\nutc = true, which is whole.\n");
});

Deno.test("formatMarkdown leaves comments out", () => assert.doesNotMatch(format(80), /generated/));

Deno.test("formatMarkdown shows characters that HTML escapes", () => {
  assert.match(format(200), /--allow & /);
});

Deno.test("formatMarkdown without colors is the same text", () => {
  assert.strictEqual(format(80), stripVTControlCharacters(format(80, true)));
});
