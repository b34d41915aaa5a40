import { deepStrictEqual, strictEqual } from "node:assert/strict";

import { untilAdopted } from "../../mod/listener/earlier_sessions.ts";

/** Waits for the earlier sessions up to 5; returns how long. `namesAt`: the names in use after a time. */
async function waitedFor(namesAt: (ms: number) => readonly string[], isOver: (ms: number) => boolean): Promise<number> {
  let nowMs = 0;
  await untilAdopted({
    control: "a/9000",
    lastNumber: 5,
    listNames: () => namesAt(nowMs),
    isKnown: (number) => number === 5 && nowMs >= 500,
    isOver: () => isOver(nowMs),
    wait: (ms) => {
      nowMs += ms;
      return Promise.resolve();
    },
  });
  return nowMs;
}

const NEVER = () => false;

for (
  const [what, expectedMs, names] of [
    ["1.5 s if no session is left", 1500, () => []],
    ["until an adopted session is known, but at least 1.5 s", 1500, () => ["a/9000/s5"]],
    [
      "until a process has ended that is not adopted",
      7000,
      (ms: number) => ms < 7000 ? ["a/9000/s3", "a/9000/s5"] : [],
    ],
    ["30 s for a process that does not respond", 30_000, () => ["a/9000/s3"]],
    ["1.5 s if only sessions of this listener, of others, and names of other kinds are left", 1500, () => [
      "a/9000",
      "a/9000/s6",
      "a/90001/s3",
      "a/9000/s3x",
    ]],
  ] as const
) {
  Deno.test(`untilAdopted waits ${what}`, async () => strictEqual(await waitedFor(names, NEVER), expectedMs));
}

Deno.test("untilAdopted ends when the listener stops", async () => {
  deepStrictEqual(await waitedFor(() => ["a/9000/s3"], (ms) => ms >= 3000), 3000);
});
