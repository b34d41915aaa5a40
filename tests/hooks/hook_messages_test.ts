import assert from "node:assert/strict";
import { HookMessages } from "../../mod/hooks/hook_messages.ts";
import type { SegmentEvent, SessionEndEvent, SessionStartEvent } from "../../mod/vocabulary/events.ts";
import { ADOPTED, END, PROVEN, START as FULL_START } from "../report/events_of_a_run.ts";

const START: SessionStartEvent = { ...FULL_START, file: "/rec/1.ts" };

function end(change: Partial<SessionEndEvent>): SessionEndEvent {
  return { ...END, ...change };
}

/** Returns hook and file of each message that follows from the events. */
function hooksOf(events: readonly Parameters<HookMessages["of"]>[0][]): readonly string[] {
  const messages = new HookMessages();
  return events.flatMap((event) => messages.of(event)).map(({ name, fields: { file } }) => `${name} ${file}`);
}

function segment(previous: string | null, file: string): SegmentEvent {
  return {
    event: "segment",
    time: START.time,
    session: "s1",
    stream: "cam1",
    file,
    previous,
    previousGone: false,
    earlierBytes: 0,
    text: "",
  };
}

const CASES: readonly (readonly [
  string,
  readonly (SessionStartEvent | typeof PROVEN | SegmentEvent | SessionEndEvent)[],
  readonly string[],
])[] = [
  [
    "each complete file is reported once, and the last one at the end",
    [START, PROVEN, segment("/rec/1.ts", "/rec/2.ts"), end({ file: "/rec/2.ts" })],
    ["session-start /rec/1.ts", "segment /rec/1.ts", "segment /rec/2.ts", "session-end /rec/2.ts"],
  ],
  [
    "a last file that was removed because it was empty is not reported",
    [START, PROVEN, segment("/rec/1.ts", "/rec/2.ts"), end({ file: "/rec/1.ts" })],
    ["session-start /rec/1.ts", "segment /rec/1.ts", "session-end /rec/1.ts"],
  ],
  [
    "a file that was removed while it was written is not reported",
    [
      START,
      PROVEN,
      { ...segment("/rec/1.ts", "/rec/2.ts"), previousGone: true },
      segment("/rec/2.ts", "/rec/3.ts"),
      end({ file: "/rec/3.ts" }),
    ],
    ["session-start /rec/1.ts", "segment /rec/2.ts", "segment /rec/3.ts", "session-end /rec/3.ts"],
  ],
  [
    "no file is reported as complete again if a caller without payload continues its recording",
    [START, PROVEN, end({ file: "/rec/1.ts", attempt: true })],
    ["session-start /rec/1.ts", "session-end /rec/1.ts"],
  ],
  ["no file is reported as complete if a slow disk delays the creation of the first one", [
    START,
    PROVEN,
    segment(null, "/rec/1.ts"),
  ], [
    "session-start /rec/1.ts",
  ]],
  ["a caller that sends nothing is not reported", [START, end({ file: null, attempt: true })], []],
  [
    "a caller that sends nothing is reported if its end is a failure",
    [START, end({ file: null, attempt: true, reason: "crashed" })],
    ["session-end "],
  ],
];

for (const [what, events, hooks] of CASES) {
  Deno.test(`HookMessages: ${what}`, () => assert.deepStrictEqual(hooksOf(events), hooks));
}

Deno.test("HookMessages removes characters that cannot be printed from variables", () => {
  const messages = new HookMessages();
  messages.of({ ...START, stream: "a\0b\u202e\nc" });
  const [message] = messages.of(PROVEN);
  assert.ok(message?.variables.includes("SRT_SPLITTER_STREAM=abc"), message?.variables.join("\n"));
});

Deno.test("HookMessages has the caller of a session in every message about it", () => {
  const events = [
    { ...START, caller: { address: "192.0.2.7", port: 5000 } },
    PROVEN,
    segment("/rec/1.ts", "/rec/2.ts"),
    { event: "data-again", time: START.time, session: "s1", stream: "cam1", pausedMs: 3000 },
    end({ file: "/rec/2.ts", caller: { address: "192.0.2.7", port: 5000 } }),
  ] as const;
  const messages = new HookMessages();
  assert.deepStrictEqual(
    events.flatMap((event) => messages.of(event)).map(({ name, fields, variables }) => [
      name,
      fields.address,
      variables.find((variable) => variable.startsWith("SRT_SPLITTER_CALLER=")),
    ]),
    ["session-start", "segment", "data-again", "segment", "session-end"]
      .map((name) => [name, "192.0.2.7", "SRT_SPLITTER_CALLER=192.0.2.7:5000"]),
  );
});

Deno.test("HookMessages has the listener of a call that failed in a variable", () => {
  const [message] = new HookMessages().of({
    event: "pull-failed",
    time: START.time,
    stream: "cam1",
    listener: "srt://192.0.2.9:9000",
    reason: 16,
    text: "no answer within 3 s",
    advice: "",
    retryMs: 1000,
  });
  assert.ok(message?.variables.includes("SRT_SPLITTER_LISTENER=srt://192.0.2.9:9000"), message?.variables.join("\n"));
});

Deno.test("HookMessages reports the start of an adopted session only if the earlier listener has not", () => {
  const adopted = { ...ADOPTED, file: "/rec/1.ts" };
  const ends = ["segment /rec/1.ts", "session-end /rec/1.ts"];
  const last = end({ file: "/rec/1.ts" });
  assert.deepStrictEqual(hooksOf([adopted, last]), ends);
  assert.deepStrictEqual(hooksOf([{ ...adopted, proven: false }, PROVEN, last]), ["session-start /rec/1.ts", ...ends]);
});
