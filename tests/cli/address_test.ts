import assert from "node:assert/strict";

import { parseAddress } from "../../mod/cli/address.ts";
import { usageErrorOf } from "./thrown_by.ts";

const ACCEPTED: readonly (readonly [string, string | null, "IPv4" | "IPv6" | null, number])[] = [
  [":9000", null, null, 9000],
  ["9000", null, null, 9000],
  ["", null, null, 9000],
  [":0", null, null, 0],
  [":65535", null, null, 65_535],
  ["127.0.0.1:9001", "127.0.0.1", "IPv4", 9001],
  ["127.0.0.1", "127.0.0.1", "IPv4", 9000],
  ["localhost:9001", "127.0.0.1", "IPv4", 9001],
  ["0.0.0.0:9001", null, "IPv4", 9001],
  ["[::]:9001", null, "IPv6", 9001],
  ["[::1]:9001", "::1", "IPv6", 9001],
  ["[::1]", "::1", "IPv6", 9000],
  ["[2001:DB8:0:0::1]:9001", "2001:db8::1", "IPv6", 9001],
  ["srt://:9001", null, null, 9001],
  ["SRT://:9001/", null, null, 9001],
  ["srt://0.0.0.0:9001?mode=listener", null, "IPv4", 9001],
  ["srt://[::1]:9001?", "::1", "IPv6", 9001],
];

for (const [text, host, family, port] of ACCEPTED) {
  Deno.test(`parseAddress reads ${JSON.stringify(text)}`, () => {
    assert.deepEqual(parseAddress(text), { host, family, port, latencyMs: null, srt: [] });
  });
}

const REFUSED: readonly (readonly [string, RegExp])[] = [
  ["camera.example:9000", /host names are not looked up/],
  ["::1:9000", /an IPv6 address needs brackets/],
  [":65536", /there is no port 65536/],
  [":-1", /cannot read the address/],
  [":9000x", /cannot read the address/],
  ["127.0.0.256:9000", /not an IPv4 address/],
  ["010.0.0.1:9000", /not an IPv4 address/],
  ["[::g]:9000", /not an IPv6 address/],
  ["[::1%eth0]:9000", /link-local/],
  ["[fe80::1]:9000", /link-local/],
  ["239.1.1.1:9000", /no multicast/],
  ["[ff02::1]:9000", /no multicast/],
  ["[::ffff:127.0.0.1]:9000", /write the IPv4 address itself/],
  ["udp://:9000", /only srt:\/\/ addresses/],
  ["srt://:9000?mode=caller", /it is the address of a listener$/],
  ["srt://:9000?streamid=x", /^cannot use "srt:\/\/:9000\.\.\." with "streamid": it is an option of senders$/],
  ["srt://:9000?losmaxttl=1", /^cannot use "srt:\/\/:9000\.\.\." with "losmaxttl": there is no such SRT option$/],
  ["srt://:9000?lossmaxttl=-1", /^cannot use "srt:\/\/:9000\.\.\." with "lossmaxttl": it is too small$/],
  ["srt://:9000?correct-horse", /^cannot use a parameter without a value in "srt:\/\/:9000\.\.\."$/],
  ["srt://:9000?latency=soon", /^cannot use latency="soon": it is not a time$/],
];

for (const [text, message] of REFUSED) {
  Deno.test(`parseAddress refuses ${JSON.stringify(text)} with a hint`, () => {
    const error = usageErrorOf(() => parseAddress(text));
    assert.match(error.message, message);
    assert.notEqual(error.hint, "");
  });
}

Deno.test("parseAddress does not quote the password of a user", () => {
  assert.throws(
    () => parseAddress("srt://anna:hush@127.0.0.1:9000"),
    /cannot read the address "srt:\/\/\*\*\*@127\.0\.0\.1:9000"/,
  );
});

Deno.test("parseAddress reads the latency of an srt:// address", () => {
  assert.equal(parseAddress("srt://:9000?mode=listener&latency=200").latencyMs, 200);
});

Deno.test("parseAddress reads the SRT options of an srt:// address", () => {
  assert.deepEqual(parseAddress("srt://:9000?mode=listener&lossmaxttl=40&latency=2000&nakreport=0").srt, [
    { name: "lossmaxttl", value: 40 },
    { name: "nakreport", value: false },
  ]);
});

Deno.test("parseAddress refuses a passphrase in an srt:// address without repeating it", () => {
  const { text } = usageErrorOf(() => parseAddress("srt://:9000?passphrase=correcthorse"));
  assert.match(text, /--passphrase-file/);
  assert.match(text, /SRT_SPLITTER_PASSPHRASE/);
  assert.doesNotMatch(text, /correcthorse/);
});

Deno.test("parseAddress repeats nothing of a query if another part is wrong", () => {
  assert.doesNotMatch(usageErrorOf(() => parseAddress("srt://nowhere:1?passphrase=correcthorse")).text, /correcthorse/);
});
