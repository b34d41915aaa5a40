import assert from "node:assert/strict";

import { parseCallerAddress } from "../../mod/cli/caller_address.ts";
import { usageErrorOf } from "./thrown_by.ts";

const READ: readonly (readonly [string, Partial<ReturnType<typeof parseCallerAddress>>])[] = [
  ["srt://192.0.2.7:9000", { host: "192.0.2.7", port: 9000, streamId: null }],
  ["SRT://[2001:db8::1]:9000/", { host: "2001:db8::1", port: 9000 }],
  ["srt://studio.example:9000?mode=caller&transtype=live", { host: "studio.example" }],
  ["srt://a:1?streamid=%23!::r=cam1,m=publish", { streamId: "#!::r=cam1,m=publish" }],
  ["srt://a:1?streamid=#!::r=cam1&latency=200ms", { streamId: "#!::r=cam1", latencyMs: 200 }],
  ["srt://a:1?streamid=a+b%zz", { streamId: "a+b%zz" }],
  ["srt://a:1?pbkeylen=32&conntimeo=500", { keyLength: 32, connectTimeoutMs: 500 }],
  ["srt://a:1?conntimeo=600h", { connectTimeoutMs: 2 ** 30 }], // more would overflow the timers that wait for the call
];

for (const [text, expected] of READ) {
  Deno.test(`parseCallerAddress reads ${text}`, () => {
    const address = parseCallerAddress(text);
    const keys = Object.keys(expected) as (keyof typeof expected)[];
    assert.deepStrictEqual(Object.fromEntries(keys.map((key) => [key, address[key]])), expected);
  });
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["9000", /it is not an srt:\/\/ address/],
  ["udp://a:1", /it is not an srt:\/\/ address/],
  ["srt://a", /it needs a host and a port/],
  ["srt://:9000", /it needs a host and a port/],
  ["srt://[::1]", /it needs a host and a port/],
  ["srt://a:1;latency=5", /only \? and parameters can follow its port/],
  ["srt://a:1/latency=5", /only \? and parameters can follow its port/],
  ["srt://a:99999", /there is no port 99999/],
  ["srt://a:0", /there is no port 0/],
  ["srt://[fe80::1%eth0]:9000", /link-local addresses are not supported/],
  ["srt://a:1?mode=listener", /mode must be caller/],
  ["srt://a:1?transtype=file", /transtype must be live/],
  ["srt://a:1?pbkeylen=8", /pbkeylen must be 16, 24 or 32/],
  ["srt://a:1?conntimeo=soon", /conntimeo must be a time/],
  ["srt://a:1?latency=soon", /^cannot use latency="soon": it is not a time$/],
  ["srt://a:1?latency=60001", /^cannot use latency="60001": the limit is 60000 ms/],
  ["srt://a:1?bandwidth=1", /cannot use "bandwidth"/],
  ["srt://a:1?correct-horse", /^cannot use a parameter without a value in "srt:\/\/a:1\.\.\."$/],
  ["srt://a;b:1", /its host contains a character that no host name has/],
  [`srt://a:1?streamid=${"x".repeat(513)}`, /513 bytes, and the limit is 512$/],
  ["srt://a:1?streamid=a%00b", /a NUL character/],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseCallerAddress refuses ${text.slice(0, 60)}`, () => {
    assert.match(usageErrorOf(() => parseCallerAddress(text)).message, message);
  });
}

Deno.test("parseCallerAddress refuses a passphrase in the address without repeating it", () => {
  const { text } = usageErrorOf(() => parseCallerAddress("srt://a:1?streamid=x&PassPhrase=correcthorse"));
  assert.match(text, /other users of this machine can read it/);
  assert.doesNotMatch(text, /correcthorse/);
});

Deno.test("parseCallerAddress does not repeat a passphrase if the address has no port", () => {
  const { text } = usageErrorOf(() => parseCallerAddress("srt://a?passphrase=correcthorse"));
  assert.doesNotMatch(text, /correcthorse/);
});

Deno.test("the hint for an unknown parameter has all parameters, and the one that was probably meant", () => {
  const { hint } = usageErrorOf(() => parseCallerAddress("srt://a:1?stream-id=cam1"));
  const known = "streamid, latency, pbkeylen, conntimeo, mode, transtype";
  assert.strictEqual(hint, `did you mean streamid? an address to call can have ${known}`);
});
