import assert from "node:assert/strict";

import { parseCommand } from "../../mod/cli/command_template.ts";
import { ValueError } from "../../mod/cli/usage_error.ts";

const STREAM = { field: "stream" };

for (
  const [text, expected] of [
    ["ffmpeg -i - {stream}.mp4", [["ffmpeg"], ["-i"], ["-"], [STREAM, ".mp4"]]],
    ["  a \t b\n", [["a"], ["b"]]],
    [`sh -c 'cat > "$1"' sh {stream}`, [["sh"], ["-c"], [`cat > "$1"`], ["sh"], [STREAM]]],
    [`a "b c" 'd e'f`, [["a"], ["b c"], ["d ef"]]],
    [`a "\\"\\\\\\n" '\\n' \\ \\"`, [["a"], [`"\\\\n`], ["\\n"], [` "`]]],
    ['sh -c "echo \\$1 \\`id\\`"', [["sh"], ["-c"], ["echo $1 `id`"]]],
    [`a 'C:\\' 'b'`, [["a"], ["C:\\"], ["b"]]], // a backslash does not keep a single quote open
    ["grep 'a\\{3\\}' \"\\{stream}\" \\{stream}", [["grep"], ["a\\{3\\}"], ["\\{stream}"], ["{stream}"]]],
    ["a \\\n  b\\\nc \"d\\\ne\" 'f\\\ng'", [["a"], ["bc"], ["de"], ["f\\\ng"]]],
    [`a "" ''`, [["a"], [], []]],
    [`a "{stream} {date}"`, [["a"], [STREAM, " ", { field: "date" }]]],
    ["jq {{.x}} {id.h}", [["jq"], ["{.x}"], [{ field: "id.h" }]]],
    ["a $(b) `c` ; d | e * ~", [["a"], ["$(b)"], ["`c`"], [";"], ["d"], ["|"], ["e"], ["*"], ["~"]]],
  ] as const
) {
  Deno.test(`parseCommand reads ${JSON.stringify(text)}`, () => assert.deepEqual(parseCommand(text), expected));
}

for (
  const [text, problem] of [
    ["", /^it names no program$/],
    ["  ", /^it names no program$/],
    ["'' a", /^it names no program$/],
    ["{stream} a", /^the program has a field$/],
    ["bin/{stream}", /^the program has a field$/],
    ["a 'b", /^a quote \('\) is not closed$/],
    ["a {steram}", /^there is no field \{steram\}$/],
    ["a {id.token}", /may be a secret/],
    ["a\0b", /NUL/],
    [`a ${"x".repeat(9000)}`, /^it has more than 8192 characters$/],
  ] as const
) {
  Deno.test(`parseCommand refuses ${JSON.stringify(text.slice(0, 20))}`, () => {
    assert.throws(() => parseCommand(text), (error) => error instanceof ValueError && problem.test(error.message));
  });
}
