/** Tests of mod/admission/refusal_journal.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RefusalJournal, type RefusalKey } from "../../mod/admission/refusal_journal.ts";

function journal(): RefusalJournal<string> {
  return new RefusalJournal<string>({ foldMs: 1000, causes: 3, causesPerAddress: 2 });
}

/** A cause of an address of its own. */
function keyOf(cause: string): RefusalKey {
  return { address: cause, cause };
}

/** A journal with `a` noted at 0, 1, ... ms. */
function notedTimes(times: number): RefusalJournal<string> {
  const noted = journal();
  for (let index = 0; index < times; index += 1) noted.note(keyOf("a"), `a${index}`, index);
  return noted;
}

Deno.test("RefusalJournal.note tells the first refusal of each key at once", () => {
  const noted = journal();
  deepStrictEqual([noted.note(keyOf("a"), "a", 0), noted.note(keyOf("b"), "b", 0)], [true, true]);
});

Deno.test("RefusalJournal.note keeps repeats back", () => {
  const noted = journal();
  deepStrictEqual([1, 2, 3].map((nowMs) => noted.note(keyOf("a"), "a", nowMs)), [true, false, false]);
});

Deno.test("RefusalJournal.takeDue tells repeats together, with the newest refusal, once the fold is over", () => {
  deepStrictEqual(notedTimes(4).takeDue(1000), [{ refusal: "a3", times: 3 }]);
});

Deno.test("RefusalJournal.takeDue tells nothing before the fold is over", () => {
  deepStrictEqual(notedTimes(4).takeDue(999), []);
});

Deno.test("RefusalJournal.takeDue tells nothing of a refusal that was not repeated", () => {
  deepStrictEqual(notedTimes(1).takeDue(1000), []);
});

Deno.test("a caller that tries forever is told once each fold, with the tries of that fold only", () => {
  const noted = notedTimes(4);
  noted.takeDue(1000);
  const again = [1200, 1300].map((nowMs) => noted.note(keyOf("a"), `late ${nowMs}`, nowMs));
  deepStrictEqual([again, noted.takeDue(1999), noted.takeDue(2000)], [
    [false, false],
    [],
    [{ refusal: "late 1300", times: 2 }],
  ]);
});

Deno.test("a caller that was quiet for a whole fold is told at once again", () => {
  const noted = notedTimes(4);
  noted.takeDue(1000);
  noted.takeDue(2000);
  strictEqual(noted.note(keyOf("a"), "a", 2001), true);
});

Deno.test("RefusalJournal.takeDue with all tells what was not told yet, at any time", () => {
  const noted = notedTimes(3);
  noted.note(keyOf("b"), "b", 2);
  deepStrictEqual(noted.takeDue(3, { all: true }), [{ refusal: "a2", times: 2 }]);
});

Deno.test("RefusalJournal.takeDue with all forgets everything", () => {
  const noted = notedTimes(3);
  noted.takeDue(3, { all: true });
  deepStrictEqual([noted.takeDue(5000, { all: true }), noted.note(keyOf("a"), "a", 4)], [[], true]);
});

Deno.test("RefusalJournal.takeDue folds each key by its own clock", () => {
  const noted = journal();
  for (const nowMs of [0, 10]) noted.note(keyOf("a"), "a", nowMs);
  for (const nowMs of [500, 510]) noted.note(keyOf("b"), "b", nowMs);
  deepStrictEqual([noted.takeDue(1000), noted.takeDue(1500)], [[{ refusal: "a", times: 1 }], [
    { refusal: "b", times: 1 },
  ]]);
});

Deno.test("RefusalJournal.note tells nothing of a caller beyond the bound, but counts it", () => {
  const noted = journal();
  const told = ["a", "b", "c", "d", "e"].map((key) => noted.note(keyOf(key), key, 0));
  deepStrictEqual([told, noted.total], [[true, true, true, false, false], 5]);
});

Deno.test("RefusalJournal.note has room again once a fold is over", () => {
  const noted = journal();
  for (const key of ["a", "b", "c"]) noted.note(keyOf(key), key, 0);
  noted.takeDue(1000);
  strictEqual(noted.note(keyOf("d"), "d", 1001), true);
});

Deno.test("RefusalJournal.total counts repeats also after they were told", () => {
  const noted = notedTimes(4);
  noted.takeDue(1000);
  noted.note(keyOf("a"), "a", 1001);
  strictEqual(noted.total, 5);
});

Deno.test("RefusalJournal.note tells so many causes of one address, and still those of others", () => {
  const noted = journal();
  const keys = [["a", 1], ["a", 2], ["a", 3], ["b", 1]] as const;
  const told = keys.map(([address, cause]) => noted.note({ address, cause: `${cause}` }, address, 0));
  deepStrictEqual([told, noted.untold, noted.total], [[true, true, false, true], 1, 4]);
});

Deno.test("RefusalJournal.note has room for an address again once its folds are over", () => {
  const noted = journal();
  for (const cause of ["1", "2"]) noted.note({ address: "a", cause }, cause, 0);
  noted.takeDue(1000);
  deepStrictEqual(["3", "4", "5"].map((cause) => noted.note({ address: "a", cause }, cause, 1001)), [
    true,
    true,
    false,
  ]);
});
