/** Tests of mod/cli/srt_option.ts: which SRT options of sessions are read, and how others are refused. */
import assert from "node:assert/strict";

import { formatSrtOption, parseSrtOption, parseStreamSrtOption } from "../../mod/cli/srt_option.ts";
import { UsageError, ValueError } from "../../mod/cli/usage_error.ts";
import { SESSION_OPTIONS, UNUSABLE_OPTIONS } from "../../mod/srt/session_option.ts";

const PLACE = { kind: "argument", name: "--srt" } as const;

for (
  const [text, value] of [
    ["lossmaxttl=40", 40],
    ["LossMaxTTL = 40", 40],
    ["fc=32", 32],
    ["rcvbuf=2147483647", 2_147_483_647],
    ["rcvbuf=4MB", 4_000_000],
    ["peeridletimeo=2000", 2000],
    ["peeridletimeo=1min", 60_000],
    ["iptos=0xB8", 0xb8],
    ["iptos=255", 255],
    ["ipttl=1", 1],
    ["nakreport=0", false],
    ["nakreport=yes", true],
    ["tlpktdrop=1", true],
    ["enforcedencryption=false", false],
    ["drifttracer=off", false],
    ["pbkeylen=32", 32],
    ["minversion=1.4.2", 0x010402],
    ["minversion=1.5", 0x010500],
    ["minversion=0x010402", 0x010402],
    ["minversion=66562", 0x010402],
    ["packetfilter=fec,cols:10,rows:5,layout:even,arq:never", "fec,cols:10,rows:5,layout:even,arq:never"],
    ["packetfilter=fec", "fec"],
  ] as const
) {
  Deno.test(`${text} is read`, () => assert.strictEqual(parseSrtOption(text, PLACE).value, value));
}

for (
  const [text, problem, hint] of [
    ["lossmaxttl", "it has no value", "write lossmaxttl=VALUE, such as lossmaxttl=40"],
    ["lossmaxttl=", "it has no value", "write lossmaxttl=VALUE, such as lossmaxttl=40"],
    ["lossmaxttl=-1", "it is too small", "lossmaxttl is a whole number from 0 to 2147483647"],
    ["lossmaxttl=many", "it is not a whole number", "lossmaxttl is a whole number from 0 to 2147483647"],
    ["lossmaxttl=1.5", "it is not a whole number", "lossmaxttl is a whole number from 0 to 2147483647"],
    ["fc=31", "it is too small", "fc is a whole number from 32 to 1458888"],
    ["fc=2147483647", "it is too large", "fc is a whole number from 32 to 1458888"],
    ["rcvbuf=0", "it is too small", "rcvbuf is a whole number from 1 to 2147483647 bytes"],
    ["rcvbuf=3GB", "it is too large", "rcvbuf is a whole number from 1 to 2147483647 bytes"],
    ["iptos=256", "it is too large", "iptos is a whole number from 0 to 255"],
    ["ipttl=0", "it is too small", "ipttl is a whole number from 1 to 255"],
    ["peeridletimeo=1999", "it is too small", "peeridletimeo is a whole number from 2000 to 86400000 ms"],
    ["nakreport=2", "it is neither 1 nor 0", "write nakreport=1 or nakreport=0"],
    ["pbkeylen=20", "there is no such choice", "pbkeylen is 0, 16, 24 or 32"],
    ["minversion=new", "it is not an SRT version", "write minversion=1.4.2 or minversion=0x010402"],
    ["minversion=1.300.0", "it is not an SRT version", "write minversion=1.4.2 or minversion=0x010402"],
  ] as const
) {
  Deno.test(`${text} is refused: ${problem}`, () => {
    assert.throws(() => parseSrtOption(text, PLACE), (error) => {
      assert.ok(error instanceof ValueError);
      assert.deepStrictEqual([error.message, error.hint], [problem, hint]);
      return true;
    });
  });
}

Deno.test("packetfilter is refused if libsrt cannot use it", () => {
  assert.throws(
    () => parseSrtOption("packetfilter=xor", PLACE),
    /^ValueError: there is no packet filter "xor", only fec$/,
  );
});

Deno.test("tlpktdrop=0 is refused, because the recording would stop at a packet that never arrives", () => {
  assert.throws(() => parseSrtOption("tlpktdrop=0", PLACE), /would stop/);
});

Deno.test("an unknown option is refused with the nearest one and the list", () => {
  assert.throws(() => parseSrtOption("losmaxttl=40", PLACE), (error) => {
    assert.ok(error instanceof UsageError);
    assert.strictEqual(error.message, 'cannot use --srt "losmaxttl": there is no such SRT option');
    assert.strictEqual(error.hint, `did you mean lossmaxttl? options: ${Object.keys(SESSION_OPTIONS).join(", ")}`);
    return true;
  });
});

Deno.test("a passphrase given as an SRT option is refused and not quoted", () => {
  for (const text of ["passphrase=secret-of-mine", "pasphrase=secret-of-mine"]) {
    assert.throws(() => parseSrtOption(text, PLACE), (error) => {
      assert.ok(error instanceof UsageError);
      assert.doesNotMatch(`${error.message} ${error.hint}`, /secret-of-mine/);
      return true;
    });
  }
});

Deno.test("an option of SRT URIs that cannot be set is refused with the reason and what to do", () => {
  for (const name of Object.keys(UNUSABLE_OPTIONS)) {
    assert.throws(() => parseSrtOption(`${name}=1`, PLACE), (error) => {
      assert.ok(error instanceof UsageError);
      assert.ok(!error.message.includes("no such") && error.hint.length > 5, `${name}: ${error.message}`);
      return true;
    });
  }
});

Deno.test("a stream table cannot set what callers are sent before their stream ID is known", () => {
  assert.throws(() => parseStreamSrtOption("pbkeylen=32", PLACE), /before their stream ID is known/);
  assert.strictEqual(parseStreamSrtOption("lossmaxttl=40", PLACE).value, 40);
});

Deno.test("formatSrtOption writes a value as it is typed", () => {
  assert.deepStrictEqual(
    [["minversion", 0x010402], ["nakreport", false], ["tlpktdrop", true], ["fc", 32]].map(([name, value]) =>
      formatSrtOption({ name: String(name), value: value ?? "" })
    ),
    ["1.4.2", "0", "1", "32"],
  );
});
