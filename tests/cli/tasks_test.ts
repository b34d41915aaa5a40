import assert from "node:assert/strict";

import { COMMANDS } from "../../mod/cli/commands.ts";

const { tasks }: { readonly tasks: Readonly<Record<string, { readonly command?: string }>> } = JSON.parse(
  Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)),
);

for (const name of Object.keys(COMMANDS)) {
  Deno.test(`deno task ${name} runs the command of that name from source`, () => {
    assert.match(tasks[name]?.command ?? "", new RegExp(` main\\.ts ${name}$`));
  });
}
