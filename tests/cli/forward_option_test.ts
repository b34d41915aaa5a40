import assert from "node:assert/strict";
import { parseForward, refuseCallToSelf } from "../../mod/cli/forward_option.ts";
import { ValueError } from "../../mod/cli/usage_error.ts";

const PLACE = { kind: "argument", name: "--forward" } as const;
const PLAIN = {
  host: "192.0.2.9",
  port: 9000,
  streamId: null,
  latencyMs: null,
  keyLength: null,
  connectTimeoutMs: null,
  passphraseFile: null,
};

for (
  const [text, expected] of [
    ["srt://192.0.2.9:9000", {}],
    ["srt://[2001:db8::9]:9000?mode=caller", { host: "2001:db8::9" }],
    ["srt://192.0.2.9:9000?streamid=", {}],
    ["srt://192.0.2.9:9000?streamid=#!::r={stream},h={id.H}&latency=200", {
      streamId: ["#!::r=", { field: "stream" }, ",h=", { field: "id.h" }],
      latencyMs: 200,
    }],
    ["srt://192.0.2.9:9000?streamid=a?b&conntimeo=2s", { streamId: ["a?b"], connectTimeoutMs: 2000 }],
    ["srt://192.0.2.9:9000?passphrase-file=/a%20b&pbkeylen=32", {
      keyLength: 32,
      passphraseFile: "/a b",
    }],
  ] as const
) {
  Deno.test(`parseForward reads ${text}`, () => {
    assert.deepStrictEqual(parseForward(text, PLACE), { ...PLAIN, ...expected });
  });
}

const OWN = { port: 9000, addresses: ["192.0.2.7", "127.0.0.1", "::1"] };
const OTHER = { port: 9000, addresses: ["192.0.2.7"] };

for (
  const [what, target, own, isRefused] of [
    ["an address of this machine", { host: "192.0.2.7", port: 9000 }, OWN, true],
    ["a name of this machine", { host: "localhost", port: 9000 }, OWN, true],
    ["an IPv4 address as an IPv6 address", { host: "::ffff:192.0.2.7", port: 9000 }, OWN, true],
    ["an IPv6 address in another form", { host: "0:0:0:0:0:0:0:1", port: 9000 }, OWN, true],
    ["another port", { host: "192.0.2.7", port: 9001 }, OWN, false],
    ["another machine", { host: "192.0.2.9", port: 9000 }, OWN, false],
    ["the wildcard address, which is loopback", { host: "0.0.0.0", port: 9000 }, OWN, true],
    ["a loopback address that is not listened on", { host: "127.0.0.2", port: 9000 }, OWN, false],
    ["an address of this machine that is not listened on", { host: "127.0.0.1", port: 9000 }, OTHER, false],
    ["a name of this machine that is not listened on", { host: "localhost", port: 9000 }, OTHER, false],
  ] as const
) {
  Deno.test(`refuseCallToSelf ${isRefused ? "throws for" : "accepts"} ${what}`, () => {
    const check = () => refuseCallToSelf(target, own);
    if (isRefused) {
      assert.throws(check, new ValueError("its target is this listener itself", { hint: "name another listener" }));
    } else check();
  });
}
