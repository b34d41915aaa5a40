import assert from "node:assert/strict";

import { cutSecrets, decodePercent, escapeUnsafe, maskSecrets } from "../../mod/packet/secret_text.ts";
import { doInTime } from "../support/in_time.ts";

for (
  const name of [
    ...["s", "S", "%73", "pass", "user_Password", "pwd", "PW", "txSecret", "token", "acme_apiKey", "auth", "sign"],
    ...["sig", "jwt", "psk", "bearer", "X-Token", "stream.key"],
  ]
) {
  Deno.test(`maskSecrets masks the value of ${name}`, () => {
    assert.equal(maskSecrets(`${name}=hush`).includes("hush"), false);
  });
}

for (const name of ["r", "u", "m", "h", "t", "ss", "cams", "bmd_uuid", "bmd_name", "vid", "latency"]) {
  Deno.test(`maskSecrets keeps the value of ${name}`, () => {
    assert.equal(maskSecrets(`${name}=shown`), `${name}=shown`);
  });
}

for (
  const [text, masked] of [
    ["domain/app/stream", "domain/app/stream"],
    ["live/cam?vid=1", "live/cam?vid=1"],
    ["live/cam?key=abc", "live/cam?key=***"],
    ["live/cam?vid=1&token=abc&x=2", "live/cam?vid=1&token=***"],
    ["cam,s=abc", "cam,s=***"],
    ["cam;S=abc", "cam;S=***"],
    ["cam|s=abc", "cam|s=***"],
    ["{s=abc}", "{s=***"],
    ["s = abc", "s =***"],
    ["\ufeffs=abc", "\\u{feff}s=***"],
    ["s=abc", "s=***"],
    ["cams=3", "cams=3"],
    ["cafe\u0301s=3", "cafe\u0301s=3"],
    ["a=pass=abc", "a=pass=***"],
    ["password = abc", "password =***"],
    ["token[0]=abc", "token[0]=***"],
    ['{"token": "abc"}', '{"token":***'],
    ["cam1,mode:publish,token:abc123", "cam1,mode:publish,token:***"],
    ["cam1;Token:abc123;x:1", "cam1;Token:***"],
    ["cam%3Ftoken%3Dabc", "cam?token=***"],
    ["cam%253Ftoken%253Dabc", "cam?token=***"],
    ["cam%2525252525252525253Ftoken", "***"],
    ["cam%3Fpass%3Dx?token=y", "cam?pass=***"],
    ["100%25 cam", "100%25 cam"],
    ["a\x1b[31mb\u202ec\u2028d", "a\\x1b[31mb\\u{202e}c\\u{2028}d"],
    ["a\n?token=x\n", "a\\x0a?token=***"],
    ["srt://anna:hush@host:9000/app/cam", "srt://anna:***"],
    ["srt%253A//anna%253A%2568ush%2540host/cam", "srt://anna:***"],
    ["srt://host:9000/a@b", "srt://host:9000/a@b"],
    ["cam\uff1ftoken\uff1dhush", "cam?token=***"],
    ["cam\uff1ftoken\uff1dhush&token=x", "cam?token=***"],
    ["cam?to\u200bken=hush", "cam?token=***"],
    ["cam?token%00=hush", "cam?token%00=***"],
  ] as const
) {
  Deno.test(`maskSecrets returns ${JSON.stringify(masked)} for ${JSON.stringify(text)}`, () => {
    assert.equal(maskSecrets(text), masked);
  });
}

for (
  const [name, cut] of [
    ["live/cam", "live/cam"],
    ["live/cam?vid=1", "live/cam?vid=1"],
    ["live/cam?secret=x,y", "live/cam"],
    ["live/cam?vid=1&key=x", "live/cam?vid=1"],
    ["cam1,mode:publish,token:abc123", "cam1,mode:publish"],
    ["cam1;Token:abc123", "cam1"],
    ["cam1, s = x", "cam1"],
    ["cam1,{s=x}", "cam1"],
    ["Keynote: Hall 1", "Keynote: Hall 1"],
    ['{"secret_value": "x"}', ""],
    ["cam%3Ftoken%3Dx", "cam"],
    ["cam%253Ftoken%253Dx", "cam"],
    ["token=x", ""],
  ] as const
) {
  Deno.test(`cutSecrets cuts ${name} to ${JSON.stringify(cut)}`, () => assert.equal(cutSecrets(name), cut));
}

Deno.test("escapeUnsafe escapes halves of surrogate pairs", () =>
  assert.equal(escapeUnsafe("a\ud800b"), "a\\u{d800}b"));

Deno.test("escapeUnsafe keeps letters of all scripts and emoji", () => {
  assert.equal(escapeUnsafe("Käse 日本 📹"), "Käse 日本 📹");
});

for (
  const [text, decoded] of [
    ["%23!::r=a", "#!::r=a"],
    ["%c3%A9", "é"],
    ["50%", "50%"],
    ["50%2", "50%2"],
    ["%zz%41", "%zzA"],
    ["%ff", "\\xff"],
  ] as const
) {
  Deno.test(`decodePercent decodes ${text} as ${decoded}`, () => assert.equal(decodePercent(text), decoded));
}

Deno.test("maskSecrets takes under a second for 100,000 characters of repeated separators", () => {
  for (const piece of ["=", "a=", " ", "?&", "%41", "a", "a[", "a ", "%25"]) {
    doInTime(1000, () => maskSecrets(piece.repeat(100_000 / piece.length)));
  }
});
