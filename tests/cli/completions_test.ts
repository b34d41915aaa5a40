import assert from "node:assert/strict";

import { COMMANDS } from "../../mod/cli/commands.ts";
import { completionScript } from "../../mod/cli/completions.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

/** The words that bash offers for the last of `words`, in a folder with the file `a b.ts` and the folder `rec`. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("a b.ts"), "");
  Deno.mkdirSync(folder.file("rec"));
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${completionScript("bash")}
COMP_WORDS=(${quoted}); COMP_CWORD=${words.length - 1}; _srt_splitter; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await new Deno.Command("bash", {
    args: ["--norc", "-c", script],
    cwd: folder.path,
  }).output();
  assert.strictEqual(new TextDecoder().decode(stderr), "");
  return new TextDecoder().decode(stdout).trimEnd().split("\n").filter((word) => word !== "");
}

/** Words, and what bash completes the last one to. */
const COMPLETED: readonly (readonly [readonly string[], readonly string[]])[] = [
  [["srt-splitter", "l"], ["listen"]],
  [["srt-splitter", "--v"], ["--version"]],
  [["srt-splitter", "listen", "--max-per"], ["--max-per-address", "--max-per-stream"]],
  [["srt-splitter", "listen", "--on-return", ""], ["new-file", "take-over", "refuse"]],
  [["srt-splitter", "listen", "--out", ""], ["rec"]],
  [["srt-splitter", "listen", "--latency", ""], []],
  [["srt-splitter", "send", ""], ["a b.ts", "rec"]],
  [["srt-splitter", "send", "--lo"], ["--loop"]],
  [["srt-splitter", "recover", ""], ["rec"]],
  [["srt-splitter", "completions", ""], ["bash", "zsh", "fish"]],
  [["srt-splitter", "help", "se"], ["send", "sessions"]],
];

for (const [words, expected] of COMPLETED) {
  Deno.test(`bash completes ${JSON.stringify(words.join(" "))}`, async () => {
    assert.deepStrictEqual((await complete(...words)).toSorted(), expected.toSorted());
  });
}

for (const shell of ["bash", "zsh", "fish"] as const) {
  Deno.test(`the completion script of ${shell} has every command`, () => {
    const script = completionScript(shell);
    for (const command of Object.keys(COMMANDS)) assert.ok(script.includes(command), command);
  });

  const missing = await isMissing(shell);
  Deno.test({
    name: `${shell} can read its completion script${missing ? ` (no ${shell} here)` : ""}`,
    ignore: missing,
    fn: async () => {
      using folder = new TemporaryFolder();
      Deno.writeTextFileSync(folder.file("script"), completionScript(shell));
      const { code, stderr } = await new Deno.Command(shell, { args: ["-n", folder.file("script")] }).output();
      assert.deepStrictEqual([code, new TextDecoder().decode(stderr)], [0, ""]);
    },
  });
}

async function isMissing(program: string): Promise<boolean> {
  try {
    await new Deno.Command(program, { args: ["-c", "true"] }).output();
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    throw error;
  }
}
