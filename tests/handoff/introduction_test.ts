import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { CONTRACT_VERSION } from "../../mod/handoff/contract.ts";
import { readFirstMessage } from "../../mod/handoff/introduction.ts";
import { START, STATS } from "../report/events_of_a_run.ts";
import { introductionOf } from "./introduction_of.ts";

const INTRODUCTION = introductionOf({
  sink: { kind: "file", directory: "/srv/recordings", sidecar: true },
  files: ["/srv/recordings/cam1.ts"],
  stats: { ...STATS, session: START.session },
});

Deno.test("readFirstMessage returns the introduction of a child", () => {
  deepStrictEqual(readFirstMessage(JSON.stringify(INTRODUCTION)), { kind: "session", introduction: INTRODUCTION });
});

Deno.test("readFirstMessage recognizes a child of another version by its version and session alone", () => {
  const message = { hello: "session", contract: CONTRACT_VERSION + 1, start: { session: "s3" } };
  deepStrictEqual(readFirstMessage(JSON.stringify(message)), { kind: "other-version", session: "s3" });
});

const MALFORMED: Readonly<Record<string, string>> = {
  "it is not JSON": "{",
  "it is not an object": "null",
  "it is not an introduction": "{}",
  "a field is missing": JSON.stringify({ ...INTRODUCTION, files: undefined }),
  "a field has another type": JSON.stringify({ ...INTRODUCTION, socketId: "1" }),
  "the session ID is invalid": JSON.stringify({ ...INTRODUCTION, start: { ...START, session: "../s1" } }),
  "the statistics are those of another session": JSON.stringify({
    ...INTRODUCTION,
    stats: { ...STATS, session: "s99" },
  }),
};

for (const [what, message] of Object.entries(MALFORMED)) {
  Deno.test(`readFirstMessage rejects a message: ${what}`, () => {
    strictEqual(readFirstMessage(message).kind, "malformed");
  });
}
