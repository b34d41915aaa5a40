import assert from "node:assert/strict";
import { parseForward, refuseCallToSelf } from "../../mod/cli/forward_option.ts";
import { UsageError } from "../../mod/cli/usage_error.ts";

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
      passphraseFile: { kind: "file", file: "/a b", place: null },
    }],
  ] as const
) {
  Deno.test(`parseForward reads ${text}`, () => {
    assert.deepStrictEqual(parseForward(text, PLACE), { ...PLAIN, ...expected });
  });
}

const OWN = { port: 9000, host: null, addresses: ["192.0.2.7", "127.0.0.1"] };

for (
  const [what, target, own, isRefused] of [
    ["an address of this machine", { host: "192.0.2.7", port: 9000 }, OWN, true],
    ["a name of this machine", { host: "localhost", port: 9000 }, OWN, true],
    ["another port", { host: "192.0.2.7", port: 9001 }, OWN, false],
    ["another machine", { host: "192.0.2.9", port: 9000 }, OWN, false],
    ["an address of this machine that is not listened on", { host: "127.0.0.2", port: 9000 }, {
      ...OWN,
      host: "192.0.2.7",
    }, false],
  ] as const
) {
  Deno.test(`refuseCallToSelf ${isRefused ? "throws for" : "accepts"} ${what}`, () => {
    const check = () => refuseCallToSelf({ ...target, option: "--forward" }, own);
    if (isRefused) assert.throws(check, UsageError);
    else check();
  });
}

Deno.test("refuseCallToSelf names the option if its target is the listener itself", () => {
  const call = { host: "localhost", port: 9000, option: "[[pull]]" };
  assert.throws(() => refuseCallToSelf(call, OWN), /^UsageError: cannot use \[\[pull\]\]: its target is this listener/);
});
