/** Tests of mod/packet/secret_text.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { cutSecrets, decodePercent, escapeUnsafe, isSecretName, maskSecrets } from "../../mod/packet/secret_text.ts";

Deno.test("isSecretName knows passwords in the names that people give them", () => {
  const names = ["s", "%73", "pass", "user_Password", "pwd", "txSecret", "token", "acme_apiKey", "auth", "sign"];
  deepStrictEqual(names.filter((name) => !isSecretName(name)), []);
});

Deno.test("isSecretName lets ordinary names pass", () => {
  deepStrictEqual(["r", "u", "m", "h", "t", "S", "ss", "bmd_uuid", "bmd_name", "vid"].filter(isSecretName), []);
});

for (
  const [text, masked] of [
    ["domain/app/stream", "domain/app/stream"],
    ["live/cam?vid=1", "live/cam?vid=1"],
    ["live/cam?key=abc", "live/cam?key=***"],
    ["live/cam?vid=1&token=abc&x=2", "live/cam?vid=1&token=***"],
    ["cam,s=abc", "cam,s=***"],
    ["s=abc", "s=***"],
    ["cams=3", "cams=3"],
    ["a=pass=abc", "a=pass=***"],
    ["password = abc", "password =***"],
    ['{"token": "abc"}', '{"token":***'],
    ["cam%3Ftoken%3Dabc", "cam?token=***"],
    ["cam%3Fpass%3Dx?token=y", "cam?pass=***"],
    ["100%25 cam", "100%25 cam"],
    ["a\x1b[31mb\u202ec\u2028d", "a\\x1b[31mb\\u{202e}c\\u{2028}d"],
    ["a\n?token=x\n", "a\\x0a?token=***"],
  ] as const
) {
  Deno.test(`maskSecrets shows ${JSON.stringify(masked)}`, () => strictEqual(maskSecrets(text), masked));
}

for (
  const [name, cut] of [
    ["live/cam", "live/cam"],
    ["live/cam?vid=1", "live/cam?vid=1"],
    ["live/cam?secret=x,y", "live/cam"],
    ["live/cam?vid=1&key=x", "live/cam?vid=1"],
    ["cam%3Ftoken%3Dx", "cam"],
    ["token=x", ""],
  ] as const
) {
  Deno.test(`cutSecrets leaves "${cut}" of ${name}`, () => strictEqual(cutSecrets(name), cut));
}

Deno.test("escapeUnsafe writes out halves of characters", () => strictEqual(escapeUnsafe("a\ud800b"), "a\\u{d800}b"));

Deno.test("escapeUnsafe leaves letters of all scripts and emoji", () =>
  strictEqual(escapeUnsafe("Käse 日本 📹"), "Käse 日本 📹"));

for (
  const [text, decoded] of [
    ["%23!::r=a", "#!::r=a"],
    ["%c3%A9", "é"],
    ["50%", "50%"],
    ["50%2", "50%2"],
    ["%zz%41", "%zzA"],
    ["%ff", "\uFFFD"],
  ] as const
) {
  Deno.test(`decodePercent makes ${decoded} of ${text}`, () => strictEqual(decodePercent(text), decoded));
}

Deno.test("maskSecrets takes time in proportion to the text when nothing but separators come", () => {
  const started = performance.now();
  for (const piece of ["=", "a=", " ", "?&", "%41", "a"]) maskSecrets(piece.repeat(100_000 / piece.length));
  strictEqual(performance.now() - started < 2000, true);
});
