import assert from "node:assert/strict";

import { parseCallerAddress } from "../../mod/cli/caller_address.ts";
import { parseForward } from "../../mod/cli/forward_option.ts";
import { parsePull, preparePulls, recordNumber, refuseSameNames } from "../../mod/cli/pull_option.ts";
import { usageErrorOf } from "./thrown_by.ts";

const PLACE = { kind: "argument", name: "address" } as const;

for (
  const [text, name] of [
    ["srt://192.0.2.9:9000", "192.0.2.9_9000"],
    ["srt://[2001:db8::9]:9000", "2001:db8::9_9000"],
    ["srt://192.0.2.9:9000?streamid=cam1", "cam1"],
    ["srt://192.0.2.9:9000?streamid=#!::r=live/cam1,m=request", "live/cam1"],
    ["srt://192.0.2.9:9000?streamid=secret-key&name=cam1", "cam1"],
    ["srt://192.0.2.9:9000?NAME=studio%20a&latency=1s", "studio a"],
  ] as const
) {
  Deno.test(`the sessions of ${text} have the stream name ${name}`, () => {
    assert.strictEqual(parsePull(text, PLACE).name, name);
  });
}

Deno.test("parsePull reads the parameters of the call and the file with the passphrase", () => {
  const query =
    "passphrase-file=a%20b.txt&streamid=#!::r=cam1,u=anna&latency=500ms&pbkeylen=32&conntimeo=8s&mode=caller";
  assert.deepStrictEqual(parsePull(`srt://host.example:9000?${query}`, PLACE), {
    host: "host.example",
    port: 9000,
    streamId: "#!::r=cam1,u=anna",
    latencyMs: 500,
    keyLength: 32,
    connectTimeoutMs: 8000,
    name: "cam1",
    passphrase: { kind: "file", file: "a b.txt", place: null },
    place: PLACE,
  });
});

for (
  const [query, problem] of [
    ["passphrase=correct-horse", /^cannot use a passphrase in the address/],
    ["mode=listener", /mode must be caller/],
    ["rcvbuf=5", /^cannot use "rcvbuf"/],
    ["name=%20/", /nothing is left of the name/],
  ] as const
) {
  Deno.test(`parsePull refuses the query ${query}, and its message has no secret`, () => {
    const { message } = usageErrorOf(() => parsePull(`srt://192.0.2.9:9000?streamid=hush&${query}`, PLACE));
    assert.match(message, problem);
    assert.ok(!/hush|correct-horse/.test(message), message);
  });
}

Deno.test("the hint for an unknown parameter names those of this program too", () => {
  const { hint } = usageErrorOf(() => parsePull("srt://192.0.2.9:9000?rcvbuf=5", PLACE));
  assert.match(hint, /^an address to call can have streamid, .*transtype, name, passphrase-file$/);
});

Deno.test("the hint for a passphrase in an address names the parameter for its file, if there is one", () => {
  const address = "srt://192.0.2.9:9000?passphrase=hush";
  const hints = [parsePull, parseForward].map((parse) => usageErrorOf(() => parse(address, PLACE)).hint);
  for (const hint of hints) assert.match(hint, /^use passphrase-file=FILE in the address/);
  assert.match(usageErrorOf(() => parseCallerAddress(address)).hint, /^use --passphrase-file FILE /);
});

Deno.test("refuseSameNames refuses two listeners with one name", () => {
  const pulls = ["srt://192.0.2.9:9000?name=a", "srt://192.0.2.8:9000?name=a"].map((text) => parsePull(text, PLACE));
  assert.match(usageErrorOf(() => refuseSameNames(pulls)).message, /two listeners with the same name "a"$/);
  refuseSameNames(pulls.slice(1));
});

Deno.test("preparePulls reads the passphrase of each listener, and returns a warning only once", () => {
  const file = Deno.makeTempFileSync();
  try {
    Deno.writeTextFileSync(file, "correct horse battery\n");
    Deno.chmodSync(file, 0o644);
    const texts = ["srt://192.0.2.9:9000?name=a", `srt://192.0.2.9:9001?passphrase-file=${encodeURIComponent(file)}`];
    const targets = [...texts, `${texts[1]}&name=c`].map((text) => parsePull(text, PLACE));
    const { pulls, warnings } = preparePulls(targets);
    assert.deepStrictEqual(pulls.map(({ passphrase }) => passphrase), [
      null,
      "correct horse battery",
      "correct horse battery",
    ]);
    assert.strictEqual(warnings.length, 1);
  } finally {
    Deno.removeSync(file);
  }
});

Deno.test("recordNumber depends on the names of the listeners, but not on their order and not on stream IDs", async () => {
  const [a, b, key, other] = ["name=a", "name=b", "name=a&streamid=key", "name=c"].map((query) =>
    parsePull(`srt://192.0.2.9:9000?${query}`, PLACE)
  ) as [ReturnType<typeof parsePull>, ...ReturnType<typeof parsePull>[]];
  assert.ok(b !== undefined && key !== undefined && other !== undefined);
  assert.strictEqual(await recordNumber([a, b]), await recordNumber([b, key]));
  assert.notStrictEqual(await recordNumber([a, b]), await recordNumber([a, other]));
  assert.ok(await recordNumber([a]) < 1_000_000_000);
});
