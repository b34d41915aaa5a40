import { deepStrictEqual, strictEqual } from "node:assert/strict";

import { parseStreamId, type StreamId } from "../../mod/packet/stream_id.ts";

/** Stream IDs, and the expected values of some fields. */
const CASES: readonly (readonly [text: string | null, expected: Partial<StreamId>])[] = [
  [null, { form: "none", name: null, masked: null }],
  ["", { form: "none", name: null, masked: null }],

  // The standard form (libsrt docs/features/access-control.md).
  ["#!::r=cam,m=publish", { form: "standard", name: "cam", mode: "publish", masked: "#!::r=cam,m=publish" }],
  ["#!::u=admin,r=bluesbrothers1_hi", { form: "standard", name: "bluesbrothers1_hi", user: "admin", mode: null }],
  ["#!::u=johnny,t=file,m=publish,r=results.csv", { type: "file", name: "results.csv", user: "johnny" }],
  ["#!::h=host.example,r=a,m=request", { host: "host.example", mode: "request" }],
  ["#!::m=bidirectional,r=a", { form: "standard", mode: "bidirectional" }],
  ["#!::", { form: "standard", name: null, user: null, mode: null, masked: "#!::" }],
  ["#!::m=publish", { form: "standard", name: null, mode: "publish" }],
  ["#!::r=,m=publish", { form: "standard", name: null }],
  ["#!::r=a,m=", { form: "standard", mode: null }],
  ["#!::r=a,r=b", { name: "b" }],
  ["#!::r=a,m=publish,", { form: "standard", name: "a", masked: "#!::r=a,m=publish," }],
  ["#!::r=a,flag", { form: "standard", name: "a", masked: "#!::r=a,flag" }],
  ["#!::r=a=b", { name: "a=b" }],
  ["#!::bmd_uuid=0e1d,bmd_name=rdt,r=test3,m=publish", {
    name: "test3",
    masked: "#!::bmd_uuid=0e1d,bmd_name=rdt,r=test3,m=publish",
  }],
  ["#!::r=videos/query.php?vid=366", { name: "videos/query.php?vid=366" }],
  ["#!::R=cam", { form: "standard", name: "cam" }],
  ["#!::r=cam,m=PUBLISH", { name: "cam", mode: "publish" }],
  ["#!::m=REQUEST,r=cam", { mode: "request" }],
  ["#!:: r = cam , m = publish \r\n", { name: "cam", mode: "publish" }],
  ["#!:::r=cam", { form: "standard", name: "cam" }],
  ["#!::r=cam,m=publish#feedbackplay", { name: "cam", mode: "publish" }],
  ["#!::u=anna,m=publish", { name: "anna", user: "anna" }],
  ["#!::bmd_uuid=0e1d,bmd_name=ATEM Mini", { name: "ATEM Mini" }],
  ["#!::acme_name=Hall 1,m=publish", { name: "Hall 1" }],
  ["#!::u=anna,bmd_name=ATEM Mini", { name: "anna" }],

  // Secrets in the standard form.
  ["#!::r=cam,s=hush,m=publish", { name: "cam", masked: "#!::r=cam,s=***,m=publish" }],
  ["#!::r=cam,s=hu,sh,m=publish", { masked: "#!::r=cam,s=***,***,m=publish" }],
  ["#!::r=cam,acme_token=x==,m=publish", { masked: "#!::r=cam,acme_token=***,m=publish" }],
  ["#!::r=live/cam?secret=x,m=publish", { name: "live/cam", masked: "#!::r=live/cam?secret=***,m=publish" }],

  ["#!::r=cam,S=hush,m=publish", { name: "cam", masked: "#!::r=cam,S=***,m=publish" }],
  ["#!::r=cam,{s=hush}", { name: "cam", masked: "#!::r=cam,{s=***" }],
  ["#!::r=cam, s =hush", { name: "cam", masked: "#!::r=cam, s =***" }],
  ["#!::r=cam,token:hush=1", { name: "cam", masked: "#!::r=cam,token:***" }],
  ["#!::r=cam,token:hu,sh", { masked: "#!::r=cam,token:***,***" }],
  ["#!::r=cam;token:hush,m=publish", { name: "cam", masked: "#!::r=cam;token:***,m=publish" }],
  ["#!::r=cam,m=publish;token:hush", { masked: "#!::r=cam,m=publish;token:***" }],

  // The standard form percent-encoded, as it is in a URI.
  ["%23!::r=cam,m=publish", { form: "standard", name: "cam", mode: "publish" }],
  ["%23%21%3A%3Ar%3Dcam%2Cm%3Dpublish%2Cs%3Dhush", { name: "cam", masked: "#!::r=cam,m=publish,s=***" }],
  ["%23!::r=caf%C3%A9", { form: "standard", name: "café" }],
  ["#!::r=live%2Fcam", { name: "live/cam" }],
  ["#!::r=a%2Cb", { name: "a,b" }],
  ["#!::r=a%252Cb", { name: "a%2Cb" }],
  ["publish%3Acam", { form: "plain", name: "cam", mode: "publish" }],

  // Actions, as media servers parse them.
  ["publish:cam", { form: "plain", name: "cam", mode: "publish", masked: "publish:cam" }],
  ["publish:live/cam", { name: "live/cam", mode: "publish" }],
  ["publish:", { form: "plain", name: null, mode: "publish" }],
  ["read:cam", { form: "plain", name: "cam", mode: "request" }],
  ["play:cam", { name: "cam", mode: "request" }],
  ["request:cam", { name: "cam", mode: "request" }],
  ["publish:cam:query", { name: "cam", user: null, masked: "publish:cam:***" }],
  ["publish:cam:anna:hush", { name: "cam", user: "anna", masked: "publish:cam:anna:***" }],
  ["read:cam:anna:hush:q=1", { name: "cam", user: "anna", mode: "request", masked: "read:cam:anna:***" }],
  ["publish:cam::hush", { name: "cam", user: null, masked: "publish:cam:***" }],
  ["publish:cam:anna:hush#feedbackplay", { user: "anna", masked: "publish:cam:anna:***" }],
  ["publish:cam?token=x", { name: "cam", masked: "publish:cam?token=***" }],
  ["publish:cam?token=hu:sh:x", { name: "cam", user: null, masked: "publish:cam?token=***:***" }],
  ["publish:cam;token=hush", { name: "cam", masked: "publish:cam;token=***" }],
  ["publish/cam", { form: "plain", name: "cam", mode: "publish", masked: "publish/cam" }],
  ["publish/app/cam", { name: "app/cam", mode: "publish" }],
  ["publish:%74est1", { name: "test1", masked: "publish:test1" }],
  ["publish:Cam%201:an%6ea:hu%3Ash", { name: "Cam 1", user: "anna", masked: "publish:Cam 1:anna:***" }],
  ["publish:a%3Ab", { name: "a:b" }],
  ["publish:cam%3Ftoken%3Dx", { name: "cam", masked: "publish:cam?token=***" }],
  ["publish/%74est1", { name: "test1", masked: "publish/test1" }],
  ["read:%74est1", { name: "test1", mode: "request" }],
  ["publish/", { form: "plain", name: null, mode: "publish" }],
  ["publish/cam?key=x", { name: "cam", masked: "publish/cam?key=***" }],

  // Plain names.
  ["cam", { form: "plain", name: "cam", user: null, mode: null, masked: "cam" }],
  ["uplive.example.com/live/cam", { form: "plain", name: "uplive.example.com/live/cam", mode: null }],
  ["publish", { form: "plain", name: "publish", mode: null }],
  ["read/cam", { form: "plain", name: "read/cam", mode: null }],
  ["100%", { form: "plain", name: "100%" }],
  ["live/cam?key=x", { form: "plain", name: "live/cam", masked: "live/cam?key=***" }],
  ["cam,s=hush", { name: "cam", masked: "cam,s=***" }],
  ["cam1,mode:publish,token:hush", { name: "cam1", mode: "publish", masked: "cam1,mode:publish,token:***" }],
  ["cam1,mode:request", { name: "cam1", mode: "request" }],
  ["cam1,token:hush,mode:request", { name: "cam1", mode: "request" }],
  ["cam1;mode=play", { name: "cam1", mode: "request" }],
  ["cam1?mode=PUBLISH&token=hush", { name: "cam1", mode: "publish" }],
  ["cam1,mode:loud", { name: "cam1,mode:loud", mode: null }],
  [" cam\t\r\n", { name: "cam", masked: "cam" }],
  ["\ufeffcam", { name: "cam" }],
  ["/cam/", { name: "cam" }],
  ["live//cam", { name: "live/cam" }],
  ["srt://192.0.2.1:9999/app/cam", { name: "app/cam" }],
  ["srt%3A%2F%2F192.0.2.1%3A9999%2F%61pp%2F%63am%3Ftoken%3Dx", { name: "app/cam" }],
  ["SRT://[2001:db8::1]:9999/cam", { name: "cam" }],
  ["\\xfc".repeat(512), { form: "plain", name: "\\xfc".repeat(512) }],
  ["\\xfc".repeat(513), { form: "malformed" }],
  ["srt://anna:hush@192.0.2.1:9999/app/cam", { name: "app/cam", masked: "srt://anna:***" }],
  ["srt%3A//anna%3A%68u%2F%73h%40192.0.2.1/%61pp/cam", { name: "app/cam", masked: "srt://anna:***" }],
  ["http://anna:hush@host.example/app/cam", { name: "http:/host.example/app/cam" }],
  ["srt://host.example:9999/a@b", { name: "a@b" }],
  ["srt://192.0.2.1:9999?streamid=cam", { name: "cam", masked: "cam" }],
  ["srt://192.0.2.1:9999?mode=caller&streamid=publish:cam:anna:hush&latency=200", {
    name: "cam",
    user: "anna",
    masked: "publish:cam:anna:***",
  }],
  ["srt://192.0.2.1:9999/?passphrase=hush&streamid=%23%21%3A%3Ar=cam%2Cm=request", {
    name: "cam",
    mode: "request",
  }],
  ["srt%3A//192.0.2.1%3f%73%74ream%69d=cam", { name: "cam" }],
  ["srt://192.0.2.1:9999?streamid=", { form: "none", name: null }],
  ["#!::secret_name=hush", { name: null, masked: "#!::secret_name=***" }],
  ["#!::key_name=hush,cam_name=roof", { name: "roof" }],
  ["srt://host.example:9999", { name: "srt:/host.example:9999" }],
  ["%63am", { name: "cam" }],
  ["K%C3%BCche", { name: "Küche" }],
  ["Ku\u0308che", { name: "Küche" }],
  ["cam#feedbackplay", { name: "cam" }],
  ["PUBLISH:cam", { name: "cam", mode: "publish" }],
  [" \r\n", { form: "none", name: null, masked: null }],
  ["cam,S=hush", { name: "cam", masked: "cam,S=***" }],
  ["cam,{s=hush}", { name: "cam", masked: "cam,{s=***" }],
  ["s=hush", { form: "plain", name: null, masked: "s=***" }],
  ["a\x1b[2Jb", { form: "plain", name: "a\x1b[2Jb", masked: "a\\x1b[2Jb" }],
  ["日本/カメラ", { form: "plain", name: "日本/カメラ", masked: "日本/カメラ" }],
  ["x".repeat(512), { form: "plain", name: "x".repeat(512) }],

  // Bytes that are not UTF-8, which are escaped, and half of a surrogate pair.
  ["cam\\xfc", { form: "plain", name: "cam\\xfc", masked: "cam\\xfc" }],
  ["%23!::r=%ff", { form: "standard", name: "\\xff" }],
  ["cam\ud800", { form: "plain", name: "cam\ufffd" }],

  // Malformed.
  ["#!:{r=cam,s=hush}", {
    form: "malformed",
    name: null,
    masked: "#!:{***",
    text: "nested stream ID (#!:{) is not supported",
  }],
  ["%23!:{r=cam}", { form: "malformed", masked: "#!:{***" }],
  ["#!:r=cam,s=hush", {
    form: "malformed",
    masked: "#!:r=cam,s=***",
    text: "stream ID starts with #! but not with #!::",
  }],
  ["#!", { form: "malformed", masked: "#!" }],
  ["#!::rcam", { form: "malformed", name: null, text: "stream ID has no key=value after #!::" }],
  ["#!::m=steal,r=cam", { form: "malformed", name: null, mode: null, text: 'stream ID mode "steal" is unknown' }],
  ["#!::m=a\x1bb,s=hush", { text: 'stream ID mode "a\\x1bb" is unknown', masked: "#!::m=a\\x1bb,s=***" }],
  ["x".repeat(513), {
    form: "malformed",
    name: null,
    text: "stream ID longer than 512 bytes",
    masked: "x".repeat(512),
  }],
  ["é".repeat(257), { form: "malformed", text: "stream ID longer than 512 bytes" }],
  ["publish:cam:anna:" + "h".repeat(600), { form: "malformed", masked: "publish:cam:anna:***" }],
];

for (const [text, expected] of CASES) {
  Deno.test(`parseStreamId parses ${JSON.stringify(text)?.slice(0, 60)} (${text?.length ?? 0})`, () => {
    const actual = Object.entries(parseStreamId(text)).filter(([field]) => field in expected);
    deepStrictEqual(Object.fromEntries(actual), expected);
  });
}

Deno.test("parseStreamId keeps unknown keys and secrets as sent", () => {
  const { keys } = parseStreamId("#!::r=cam,bmd_uuid=0e1d,flag,s=hush");
  deepStrictEqual([...keys], [["r", "cam"], ["bmd_uuid", "0e1d"], ["flag", ""], ["s", "hush"]]);
});

Deno.test("parseStreamId returns the password of publish:name:user:pass under s", () => {
  deepStrictEqual([...parseStreamId("publish:cam:anna:hush").keys], [["s", "hush"]]);
});

Deno.test("parseStreamId returns no text for a valid stream ID", () =>
  strictEqual(parseStreamId("#!::r=cam").text, null));

Deno.test("parseStreamId returns no more than 512 characters of a huge text", () => {
  strictEqual(parseStreamId("#!::" + "r=".repeat(5_000_000)).masked?.length, 512);
});
