/** Tests of mod/admission/bans.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { Bans, MAX_BANS, MAX_SUBJECT, parseBanSubject } from "../../mod/admission/bans.ts";

const CAM1 = { address: "192.0.2.7", stream: "cam1" };
const UNNAMED = { address: "192.0.2.8", stream: null };

function bansOf(...subjects: readonly string[]): Bans {
  const bans = new Bans();
  for (const subject of subjects) bans.add(parseBanSubject(subject), { forMs: null, nowMs: 0 });
  return bans;
}

Deno.test("a ban of a stream name refuses its callers with 1403, and no other caller", () => {
  const bans = bansOf("cam1");
  const refused = bans.judge(CAM1, 1);
  deepStrictEqual([refused?.reason, refused?.rule], [1403, "ban cam1"]);
  deepStrictEqual([bans.judge({ ...CAM1, stream: "cam10" }, 1), bans.judge(UNNAMED, 1)], [null, null]);
});

Deno.test("a ban of an address or of a range refuses callers of every stream name", () => {
  const bans = bansOf("192.0.2.7", "2001:DB8::/32");
  strictEqual(bans.judge({ ...CAM1, stream: null }, 1)?.reason, 1403);
  strictEqual(bans.judge({ address: "2001:db8::1", stream: "cam2" }, 1)?.rule, "ban 2001:db8::/32");
  strictEqual(bans.judge(UNNAMED, 1), null);
});

for (const name of ["a:b:c", "aa:bb:cc:dd:ee:ff", "cam:1"]) {
  Deno.test(`a ban of ${name} is a ban of a stream name`, () => {
    strictEqual(bansOf(name).judge({ ...CAM1, stream: name }, 1)?.reason, 1403);
  });
}

Deno.test("a ban with a time ends after it, and one without a time does not", () => {
  const bans = bansOf("cam2");
  bans.add(parseBanSubject("cam1"), { forMs: 1000, nowMs: 500 });
  strictEqual(bans.judge(CAM1, 1499)?.reason, 1403);
  deepStrictEqual(bans.list(1499), [
    { kind: "stream", subject: "cam2", remainingMs: null },
    { kind: "stream", subject: "cam1", remainingMs: 1 },
  ]);
  strictEqual(bans.judge(CAM1, 1500), null);
  deepStrictEqual(bans.list(1e12), [{ kind: "stream", subject: "cam2", remainingMs: null }]);
});

Deno.test("a second ban of the same subject replaces the first", () => {
  const bans = bansOf("cam1");
  bans.add(parseBanSubject("/cam1/"), { forMs: 1000, nowMs: 0 });
  deepStrictEqual(bans.list(0), [{ kind: "stream", subject: "cam1", remainingMs: 1000 }]);
});

for (
  const [banned, lifted] of [["2001:DB8:0::1", "2001:db8::1"], ["192.0.2.7/32", "192.0.2.7"], [
    ...["::ffff:192.0.2.7", "192.0.2.7"],
  ]] as const
) {
  Deno.test(`a ban of ${banned} is listed and lifted as ${lifted}`, () => {
    const bans = bansOf(banned);
    deepStrictEqual(bans.list(0).map(({ subject }) => subject), [lifted]);
    strictEqual(bans.lift(parseBanSubject(lifted), 0), true);
  });
}

Deno.test("a lifted ban refuses nothing, and a ban that does not exist cannot be lifted", () => {
  const bans = bansOf("cam1");
  deepStrictEqual([bans.lift(parseBanSubject("cam1"), 1), bans.lift(parseBanSubject("cam1"), 1)], [true, false]);
  strictEqual(bans.judge(CAM1, 1), null);
});

Deno.test("the number of bans is limited, and a ban that has ended makes room for another", () => {
  const bans = new Bans();
  for (let at = 0; at < MAX_BANS; at += 1) bans.add(parseBanSubject(`cam${at}`), { forMs: 1000, nowMs: 0 });
  const other = parseBanSubject("other");
  deepStrictEqual([bans.add(other, { forMs: null, nowMs: 999 }), bans.add(other, { forMs: null, nowMs: 1000 })], [
    false,
    true,
  ]);
});

Deno.test("a ban of an address between blanks is a ban of the address", () => {
  strictEqual(bansOf(" 192.0.2.7 ").judge(CAM1, 1)?.rule, "ban 192.0.2.7");
});

Deno.test("each listed ban can be lifted by its subject", () => {
  const bans = bansOf("/192.0.2.7", "192.0.2.7", "//\u0000?a", "cam1");
  const listed = bans.list(0).map(({ subject }) => subject);
  deepStrictEqual(listed, ["192.0.2.7", "192.0.2.7", "\u0000?a", "cam1"]);
  // the first lifts both bans of 192.0.2.7: that of a stream name, and that of an address
  deepStrictEqual(listed.map((subject) => bans.liftListed(subject, 0)), [true, false, true, true]);
  deepStrictEqual(bans.list(0), []);
});

for (
  const text of [
    "192.0.2.7/99",
    "192.0.2.300",
    "192.0.2.7/24",
    "2001:db8::1/200",
    "2001:db8:1/48",
    "1:2:3:4:5:6:7:8:9",
    "fe80::1%eth0",
    "///",
    "cam\ud800",
    "x".repeat(MAX_SUBJECT + 1),
  ]
) {
  Deno.test(`parseBanSubject rejects ${text.slice(0, 20)}`, () => {
    throws(() => parseBanSubject(text), RangeError);
  });
}
