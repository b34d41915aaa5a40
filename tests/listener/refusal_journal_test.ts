/** Tests of mod/listener/refusal_journal.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RefusalJournal, type RefusalKey } from "../../mod/listener/refusal_journal.ts";

/** A journal that collects the repeats of a refusal for 1 s and then reports them together: a fold. */
function makeJournal(): RefusalJournal<string> {
  return new RefusalJournal<string>({ foldMs: 1000, causes: 3, causesPerAddress: 2 });
}

/** A key whose address is the same text as its cause, so that no two causes share an address. */
function keyOf(cause: string): RefusalKey {
  return { address: cause, cause };
}

/** A journal to which `a` was added at 0, 1, ... ms. */
function journalAfter(times: number): RefusalJournal<string> {
  const journal = makeJournal();
  for (let index = 0; index < times; index += 1) journal.add(keyOf("a"), `a${index}`, index);
  return journal;
}

Deno.test("RefusalJournal.add reports the first refusal of each key at once", () => {
  const journal = makeJournal();
  deepStrictEqual([journal.add(keyOf("a"), "a", 0), journal.add(keyOf("b"), "b", 0)], [true, true]);
});

Deno.test("RefusalJournal.add does not report repeats at once", () => {
  const journal = makeJournal();
  deepStrictEqual([1, 2, 3].map((nowMs) => journal.add(keyOf("a"), "a", nowMs)), [true, false, false]);
});

Deno.test("RefusalJournal.takeDue returns repeats together, with the newest refusal, once the fold has ended", () => {
  deepStrictEqual(journalAfter(4).takeDue(1000), [{ refusal: "a3", times: 3 }]);
});

Deno.test("RefusalJournal.takeDue returns nothing before the fold has ended", () => {
  deepStrictEqual(journalAfter(4).takeDue(999), []);
});

Deno.test("RefusalJournal.takeDue returns nothing for a refusal without repeats", () => {
  deepStrictEqual(journalAfter(1).takeDue(1000), []);
});

Deno.test("a caller that never gives up is reported once in each fold, with its refusals in that fold", () => {
  const journal = journalAfter(4);
  journal.takeDue(1000);
  const again = [1200, 1300].map((nowMs) => journal.add(keyOf("a"), `late ${nowMs}`, nowMs));
  deepStrictEqual([again, journal.takeDue(1999), journal.takeDue(2000)], [
    [false, false],
    [],
    [{ refusal: "late 1300", times: 2 }],
  ]);
});

Deno.test("a caller that was quiet for a whole fold is reported at once again", () => {
  const journal = journalAfter(4);
  journal.takeDue(1000);
  journal.takeDue(2000);
  strictEqual(journal.add(keyOf("a"), "a", 2001), true);
});

Deno.test("RefusalJournal.takeDue with `all` returns all repeats, at any time", () => {
  const journal = journalAfter(3);
  journal.add(keyOf("b"), "b", 2);
  deepStrictEqual(journal.takeDue(3, { all: true }), [{ refusal: "a2", times: 2 }]);
});

Deno.test("RefusalJournal.takeDue with `all` forgets everything", () => {
  const journal = journalAfter(3);
  journal.takeDue(3, { all: true });
  deepStrictEqual([journal.takeDue(5000, { all: true }), journal.add(keyOf("a"), "a", 4)], [[], true]);
});

Deno.test("RefusalJournal.takeDue folds each key from its first refusal", () => {
  const journal = makeJournal();
  for (const nowMs of [0, 10]) journal.add(keyOf("a"), "a", nowMs);
  for (const nowMs of [500, 510]) journal.add(keyOf("b"), "b", nowMs);
  deepStrictEqual([journal.takeDue(1000), journal.takeDue(1500)], [[{ refusal: "a", times: 1 }], [
    { refusal: "b", times: 1 },
  ]]);
});

Deno.test("RefusalJournal.add counts a refusal beyond the limit of causes and does not report it", () => {
  const journal = makeJournal();
  const reported = ["a", "b", "c", "d", "e"].map((key) => journal.add(keyOf(key), key, 0));
  deepStrictEqual([reported, journal.total], [[true, true, true, false, false], 5]);
});

Deno.test("RefusalJournal.add has room again when a fold has ended", () => {
  const journal = makeJournal();
  for (const key of ["a", "b", "c"]) journal.add(keyOf(key), key, 0);
  journal.takeDue(1000);
  strictEqual(journal.add(keyOf("d"), "d", 1001), true);
});

Deno.test("RefusalJournal.total includes repeats that were reported", () => {
  const journal = journalAfter(4);
  journal.takeDue(1000);
  journal.add(keyOf("a"), "a", 1001);
  strictEqual(journal.total, 5);
});

Deno.test("RefusalJournal.add limits the causes of each address separately", () => {
  const journal = makeJournal();
  const keys = [["a", 1], ["a", 2], ["a", 3], ["b", 1]] as const;
  const reported = keys.map(([address, cause]) => journal.add({ address, cause: `${cause}` }, address, 0));
  deepStrictEqual([reported, journal.countedOnly, journal.total], [[true, true, false, true], 1, 4]);
});

Deno.test("RefusalJournal.add has room for an address again when its folds have ended", () => {
  const journal = makeJournal();
  for (const cause of ["1", "2"]) journal.add({ address: "a", cause }, cause, 0);
  journal.takeDue(1000);
  deepStrictEqual(["3", "4", "5"].map((cause) => journal.add({ address: "a", cause }, cause, 1001)), [
    true,
    true,
    false,
  ]);
});
