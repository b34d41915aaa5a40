import assert from "node:assert/strict";
import { ForwardInput } from "../../mod/send/forward_input.ts";

/** Returns a function that reads these parts, and then the end. */
function reader(parts: readonly string[]): (buffer: Uint8Array<ArrayBuffer>) => Promise<number | null> {
  const left = [...parts];
  return (buffer) => {
    const part = left.shift();
    return Promise.resolve(part === undefined ? null : new TextEncoder().encodeInto(part, buffer).written);
  };
}

async function rest(input: ForwardInput): Promise<string> {
  let text = "";
  for (let bytes = await input.read(); bytes !== null; bytes = await input.read()) {
    text += new TextDecoder().decode(bytes);
  }
  return text;
}

for (
  const [what, parts] of [
    ["in one part", ['{"host":"h"}\npayload\n']],
    ["in parts", ['{"ho', 'st":"h"', "}\npay", "load\n"]],
    ["with payload in a part of its own", ['{"host":"h"}\n', "payload\n"]],
  ] as const
) {
  Deno.test(`ForwardInput reads the ticket and the payload, ${what}`, async () => {
    const input = new ForwardInput(reader(parts));
    assert.deepStrictEqual(await input.ticket(), { host: "h" });
    assert.strictEqual(await rest(input), "payload\n");
  });
}

Deno.test("ForwardInput returns null if its input ends within the ticket", async () => {
  assert.strictEqual(await new ForwardInput(reader(['{"host"'])).ticket(), null);
});
