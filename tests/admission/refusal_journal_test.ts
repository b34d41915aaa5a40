/** Tests of mod/admission/refusal_journal.ts; the clock is a number that the test chooses. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { RefusalJournal } from "../../mod/admission/refusal_journal.ts";

function journal(): RefusalJournal<string> {
  return new RefusalJournal<string>({ foldMs: 1000, callers: 3 });
}

/** A journal with `a` noted at 0, 1, ... ms. */
function notedTimes(times: number): RefusalJournal<string> {
  const noted = journal();
  for (let index = 0; index < times; index += 1) noted.note("a", `a${index}`, index);
  return noted;
}

Deno.test("RefusalJournal.note tells the first refusal of each key at once", () => {
  const noted = journal();
  deepStrictEqual([noted.note("a", "a", 0), noted.note("b", "b", 0)], [true, true]);
});

Deno.test("RefusalJournal.note keeps repeats back", () => {
  const noted = journal();
  deepStrictEqual([1, 2, 3].map((nowMs) => noted.note("a", "a", nowMs)), [true, false, false]);
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
  const again = [1200, 1300].map((nowMs) => noted.note("a", `late ${nowMs}`, nowMs));
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
  strictEqual(noted.note("a", "a", 2001), true);
});

Deno.test("RefusalJournal.takeDue with all tells what was not told yet, at any time", () => {
  const noted = notedTimes(3);
  noted.note("b", "b", 2);
  deepStrictEqual(noted.takeDue(3, { all: true }), [{ refusal: "a2", times: 2 }]);
});

Deno.test("RefusalJournal.takeDue with all forgets everything", () => {
  const noted = notedTimes(3);
  noted.takeDue(3, { all: true });
  deepStrictEqual([noted.takeDue(5000, { all: true }), noted.note("a", "a", 4)], [[], true]);
});

Deno.test("RefusalJournal.takeDue folds each key by its own clock", () => {
  const noted = journal();
  for (const nowMs of [0, 10]) noted.note("a", "a", nowMs);
  for (const nowMs of [500, 510]) noted.note("b", "b", nowMs);
  deepStrictEqual([noted.takeDue(1000), noted.takeDue(1500)], [[{ refusal: "a", times: 1 }], [
    { refusal: "b", times: 1 },
  ]]);
});

Deno.test("RefusalJournal.note tells nothing of a caller beyond the bound, but counts it", () => {
  const noted = journal();
  const told = ["a", "b", "c", "d", "e"].map((key) => noted.note(key, key, 0));
  deepStrictEqual([told, noted.total], [[true, true, true, false, false], 5]);
});

Deno.test("RefusalJournal.note has room again once a fold is over", () => {
  const noted = journal();
  for (const key of ["a", "b", "c"]) noted.note(key, key, 0);
  noted.takeDue(1000);
  strictEqual(noted.note("d", "d", 1001), true);
});

Deno.test("RefusalJournal.total counts repeats also after they were told", () => {
  const noted = notedTimes(4);
  noted.takeDue(1000);
  noted.note("a", "a", 1001);
  strictEqual(noted.total, 5);
});
