import assert from "node:assert/strict";
import { readWebhookSecret } from "../../mod/cli/hook_option.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { usageErrorOf } from "./thrown_by.ts";

/** Calls `use` with a file that has this content. */
function withFile<Result>(content: Uint8Array | string, use: (path: string) => Result): Result {
  using folder = new TemporaryFolder();
  const path = folder.file("secret");
  Deno.writeFileSync(path, typeof content === "string" ? new TextEncoder().encode(content) : content);
  return use(path);
}

for (
  const [what, content, secret] of [
    ["a line without a newline", " two words ", " two words "],
    ["the first of several lines", "first\nsecond\n", "first"],
    ["a file with a byte order mark and Windows line endings", "\uFEFFfirst\r\nsecond\r\n", "first"],
  ] as const
) {
  Deno.test(`readWebhookSecret reads ${what}`, () => assert.strictEqual(withFile(content, readWebhookSecret), secret));
}

for (
  const [what, content, problem] of [
    ["an empty line", "\nsecond", "its first line is empty"],
    ["a line of more than 1024 bytes", "é".repeat(513), "its first line is too long"],
    ["bytes that are not UTF-8", new Uint8Array([0x61, 0xff, 0x62]), "its first line is not UTF-8 text"],
  ] as const
) {
  Deno.test(`readWebhookSecret refuses ${what}`, () => {
    const { message } = withFile(content, (path) => usageErrorOf(() => readWebhookSecret(path)));
    assert.ok(message.startsWith("cannot use the webhook secret file "), message);
    assert.ok(message.endsWith(`: ${problem}`), message);
  });
}

Deno.test("readWebhookSecret refuses a folder", () => {
  using folder = new TemporaryFolder();
  assert.match(usageErrorOf(() => readWebhookSecret(folder.path)).message, /^cannot read the webhook secret file /);
});
