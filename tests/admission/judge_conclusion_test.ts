/** Tests of mod/admission/judge_conclusion.ts over CONCLUSIONs as real callers sent them. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { judgeConclusion, MAX_UNPROVEN_SESSIONS } from "../../mod/admission/judge_conclusion.ts";
import type { RunningSession } from "../../mod/admission/judge_limits.ts";
import type { AdmissionState } from "../../mod/admission/judge_request.ts";
import type { AdmissionPolicy } from "../../mod/admission/policy.ts";
import { TryBudget, type TryBudgets } from "../../mod/admission/try_budget.ts";
import type { Admit, Challenge, Reject } from "../../mod/admission/verdict.ts";
import { describeRejection, REJECTION } from "../../mod/packet/rejection_reason.ts";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { encodeText } from "../../mod/packet/text_block.ts";
import {
  CAPTURE_PASSPHRASE,
  CONCLUSION_FFMPEG,
  CONCLUSION_FILE,
  CONCLUSION_FILTER,
  CONCLUSION_KEY_16,
  CONCLUSION_KEY_24,
  CONCLUSION_KEY_32,
  CONCLUSION_PLAIN,
  CONCLUSION_SID,
  CONCLUSION_STANDARD_SID,
  GROUP_DATA,
  hex,
} from "../fixtures/handshakes.ts";
import { CONCLUSION_HSV4, conclusionOf, conclusionWith } from "./conclusion_of.ts";
import { policyOf, secretPolicy, termsOf } from "./policy_of.ts";
import { sessionOf } from "./session_of.ts";

const OPEN = policyOf();
const SECRET = secretPolicy(CAPTURE_PASSPHRASE);
const AT_REST: AdmissionState = { sessions: [], stopping: false };
const CALLER = { address: "192.0.2.9", port: 6000 };
const HSREQ = "00010003 00010501 000000bf 00780078";

function budgets(): TryBudgets {
  return { strangers: new TryBudget(), proven: new TryBudget() };
}

function withStreamId(text: string): string {
  const block = hex(encodeText(text));
  return conclusionWith(5, `${HSREQ} 0005${(block.length / 8).toString(16).padStart(4, "0")} ${block}`);
}

async function judge(
  packet: string,
  policy = OPEN,
  state = AT_REST,
  proven = false,
): Promise<Admit | Challenge | Reject> {
  const conclusion = conclusionOf(packet);
  const streamId = parseStreamId(conclusion.streamId);
  return await judgeConclusion({ conclusion, keyMaterial: conclusion.keyMaterial, streamId, ...CALLER, proven }, {
    policy,
    state: () => state,
    budgets: budgets(),
    now: () => 0,
    letIn: (admit) => admit,
  });
}

/** What it says of a caller that gets in, as far as it matters here. */
async function admitted(packet: string, policy = OPEN): Promise<readonly unknown[]> {
  const verdict = await judge(packet, policy);
  return verdict.kind === "admit" ? [verdict.kind, verdict.passphrase] : [verdict];
}

function sessions(count: number, proven = true): AdmissionState {
  const all = Array.from(
    { length: count },
    (_, index) => sessionOf({ session: `s${index}`, port: 5000 + index, proven }),
  );
  return { sessions: all, stopping: false };
}

/** The reason of a rejection; -1 for any other verdict. */
async function reasonFor(packet: string, policy = OPEN, state = AT_REST): Promise<number> {
  const verdict = await judge(packet, policy, state);
  return verdict.kind === "reject" ? verdict.reason : -1;
}

for (
  const [what, packet] of [
    ["without stream ID", CONCLUSION_PLAIN],
    ["with a plain stream ID", CONCLUSION_SID],
    ["with a stream ID in standard form that asks to publish", CONCLUSION_STANDARD_SID],
    ["with a packet filter", CONCLUSION_FILTER],
    ["with a stream ID that says nothing of its mode", withStreamId("#!::r=cam")],
    ["with keys of a vendor", withStreamId("#!::bmd_uuid=1234,bmd_name=studio,r=cam")],
    ["that asks for both directions", withStreamId("#!::r=cam,m=bidirectional")],
  ] as const
) {
  Deno.test(`judgeConclusion admits a caller ${what}`, async () => {
    deepStrictEqual(await admitted(packet), ["admit", null]);
  });
}

for (
  const [what, packet] of [
    ["16 bytes", CONCLUSION_KEY_16],
    ["24 bytes", CONCLUSION_KEY_24],
    ["32 bytes", CONCLUSION_KEY_32],
    ["16 bytes, of ffmpeg", CONCLUSION_FFMPEG],
  ] as const
) {
  Deno.test(`judgeConclusion admits a caller with the passphrase and a key of ${what}`, async () => {
    deepStrictEqual(await admitted(packet, SECRET), ["admit", CAPTURE_PASSPHRASE]);
  });
}

interface Rejected {
  readonly what: string;
  readonly packet: string;
  readonly reason: number;
  readonly text: RegExp;
  readonly policy?: AdmissionPolicy;
  readonly state?: AdmissionState;
}

const REJECTED: readonly Rejected[] = [
  { what: "HSv4", packet: CONCLUSION_HSV4, reason: 8, text: /handshake version 4/ },
  { what: "bonding", packet: conclusionWith(5, `${HSREQ} 00080002 ${GROUP_DATA}`), reason: 15, text: /group/ },
  { what: "file mode", packet: CONCLUSION_FILE, reason: 1415, text: /"file" mode/ },
  {
    what: "a byte stream without the file controller",
    packet: conclusionWith(1, "00010003 00010501 000000ff 00780078"),
    reason: 12,
    text: /byte stream/,
  },
  { what: "a malformed stream ID", packet: withStreamId("#!:x=1"), reason: 1400, text: /malformed/ },
  {
    what: "a stream ID that is not UTF-8",
    packet: conclusionWith(5, `${HSREQ} 00050001 000000ff`),
    reason: 1400,
    text: /UTF-8/,
  },
  { what: "an unknown mode", packet: withStreamId("#!::r=cam,m=watch"), reason: 1400, text: /"watch"/ },
  { what: "m=request", packet: withStreamId("#!::r=cam,m=request"), reason: 1405, text: /receive/ },
  { what: "t=file", packet: withStreamId("#!::r=cam,t=file"), reason: 1415, text: /t=file/ },
  { what: "read:", packet: withStreamId("read:cam"), reason: 1405, text: /receive/ },
  {
    what: "a listener that stops",
    packet: CONCLUSION_PLAIN,
    state: { sessions: [], stopping: true },
    reason: 1503,
    text: /shutting down/,
  },
  {
    what: "too many sessions",
    packet: CONCLUSION_PLAIN,
    policy: policyOf({ maxSessions: 2 }),
    state: sessions(2),
    reason: 1402,
    text: /2 sessions/,
  },
  {
    what: "no encryption where it is required",
    packet: CONCLUSION_PLAIN,
    policy: SECRET,
    reason: 11,
    text: /required/,
  },
  { what: "encryption where none is set", packet: CONCLUSION_KEY_16, reason: 11, text: /no passphrase is set/ },
  {
    what: "another passphrase",
    packet: CONCLUSION_KEY_32,
    policy: secretPolicy("wrong-horse-battery"),
    reason: 10,
    text: /not the one/,
  },
];

for (const { what, packet, policy = OPEN, state = AT_REST, reason, text } of REJECTED) {
  Deno.test(`judgeConclusion rejects with ${describeRejection(reason).name}: ${what}`, async () => {
    const verdict = await judge(packet, policy, state);
    if (verdict.kind !== "reject") throw new Error(`not rejected but ${verdict.kind}`);
    strictEqual(verdict.reason, reason);
    match(verdict.text, text);
    match(verdict.advice, /\w{3}/);
  });
}

Deno.test("judgeConclusion admits the last caller that the limit allows", async () => {
  strictEqual((await judge(CONCLUSION_PLAIN, policyOf({ maxSessions: 2 }), sessions(1))).kind, "admit");
});

Deno.test("judgeConclusion judges what costs nothing first: a full listener tries no passphrase", async () => {
  const policy = { ...secretPolicy("wrong-horse-battery"), maxSessions: 1 };
  strictEqual(await reasonFor(CONCLUSION_KEY_16, policy, sessions(1)), REJECTION.OVERLOAD);
});

Deno.test("judgeConclusion tells a caller in file mode so, whatever its passphrase", async () => {
  strictEqual(await reasonFor(CONCLUSION_FILE, OPEN), REJECTION.NOTSUP_MEDIA);
});

Deno.test("judgeConclusion puts no secret of a malformed stream ID into its words", async () => {
  const verdict = await judge(withStreamId("#!::r=cam,s=hunter22,m=watch"));
  strictEqual(verdict.kind === "reject" && !JSON.stringify(verdict).includes("hunter22"), true);
});

Deno.test("judgeConclusion puts no passphrase into a rejection", async () => {
  const policy = secretPolicy("wrong-horse-battery");
  strictEqual(JSON.stringify(await judge(CONCLUSION_KEY_16, policy)).includes("wrong-horse"), false);
});

Deno.test("judgeConclusion gives the child the one passphrase of several that fits", async () => {
  const policy = secretPolicy("wrong-horse-battery", CAPTURE_PASSPHRASE);
  deepStrictEqual(await admitted(CONCLUSION_KEY_16, policy), ["admit", CAPTURE_PASSPHRASE]);
});

Deno.test("judgeConclusion takes the passphrase of a user before every other", async () => {
  const policy: AdmissionPolicy = {
    ...secretPolicy("wrong-horse-battery"),
    users: [{ name: "anna", passphrases: [{ value: CAPTURE_PASSPHRASE }], source: "[[user]]" }],
  };
  const conclusion = conclusionOf(CONCLUSION_KEY_16);
  const { keyMaterial } = conclusion;
  const context = {
    policy,
    state: () => AT_REST,
    budgets: budgets(),
    now: () => 0,
    letIn: (admit: Admit) => admit,
  };
  const kinds: string[] = [];
  for (const text of ["#!::u=anna,r=cam", "#!::u=otto,r=cam"]) {
    const request = { conclusion, keyMaterial, streamId: parseStreamId(text), ...CALLER, proven: false };
    kinds.push((await judgeConclusion(request, context)).kind);
  }
  deepStrictEqual(kinds, ["admit", "reject"]);
});

for (
  const [what, policy, reason, text] of [
    ["where no passphrase is set", OPEN, 11, /no \[\[user\]\] is called "Anna"/],
    ["where another passphrase is set", secretPolicy("wrong-horse-battery"), 10, /no \[\[user\]\] is called "Anna"/],
  ] as const
) {
  Deno.test(`judgeConclusion says that it knows no such user ${what}`, async () => {
    const users = [{ name: "anna", passphrases: [{ value: CAPTURE_PASSPHRASE }], source: "[[user]]" }];
    const conclusion = conclusionOf(CONCLUSION_KEY_16);
    const { keyMaterial } = conclusion;
    const streamId = parseStreamId("#!::u=Anna,r=cam");
    const verdict = await judgeConclusion({ conclusion, keyMaterial, streamId, ...CALLER, proven: false }, {
      policy: { ...policy, users },
      state: () => AT_REST,
      budgets: budgets(),
      now: () => 0,
      letIn: (admit) => admit,
    });
    if (verdict.kind !== "reject") throw new Error(`not rejected but ${verdict.kind}`);
    strictEqual(verdict.reason, reason);
    match(verdict.text, text);
  });
}

Deno.test("judgeConclusion looks again at the limits after it has tried the passphrase", async () => {
  const states = [sessions(0), sessions(0), sessions(1)];
  const conclusion = conclusionOf(CONCLUSION_KEY_16);
  const request = {
    conclusion,
    keyMaterial: conclusion.keyMaterial,
    streamId: parseStreamId(null),
    ...CALLER,
    proven: true,
  };
  const verdict = await judgeConclusion(request, {
    policy: { ...SECRET, maxSessions: 1 },
    state: () => states.length > 1 ? states.shift() ?? AT_REST : states[0] ?? AT_REST,
    budgets: budgets(),
    now: () => 0,
    letIn: (admit) => admit,
  });
  strictEqual(verdict.kind === "reject" && verdict.reason, REJECTION.OVERLOAD);
});

Deno.test("judgeConclusion challenges a caller above the bound of unproven sessions", async () => {
  const unproven = sessions(MAX_UNPROVEN_SESSIONS, false);
  strictEqual((await judge(CONCLUSION_PLAIN, OPEN, unproven)).kind, "challenge");
});

Deno.test("judgeConclusion admits a proven caller above that bound", async () => {
  const unproven = sessions(MAX_UNPROVEN_SESSIONS, false);
  strictEqual((await judge(CONCLUSION_PLAIN, OPEN, unproven, true)).kind, "admit");
});

for (
  const [used, proven, kind] of [
    ["strangers", false, "challenge"],
    ["strangers", true, "admit"],
    ["proven", false, "admit"],
    ["proven", true, "reject"],
  ] as const
) {
  Deno.test(`judgeConclusion where the tries of ${used} are used up, for a caller, proven: ${proven}: ${kind}`, async () => {
    const conclusion = conclusionOf(CONCLUSION_KEY_16);
    const { keyMaterial } = conclusion;
    const known = budgets();
    while (known[used].take(CALLER.address, { tries: 1, nowMs: 0 }));
    const request = { conclusion, keyMaterial, streamId: parseStreamId(null), ...CALLER, proven };
    const context = { policy: SECRET, state: () => AT_REST, budgets: known, now: () => 0 };
    strictEqual((await judgeConclusion(request, { ...context, letIn: (admit) => admit })).kind, kind);
  });
}

Deno.test("judgeConclusion challenges nobody because of sessions that sent payload", async () => {
  strictEqual((await judge(CONCLUSION_PLAIN, OPEN, sessions(100))).kind, "admit");
});

Deno.test("judgeConclusion gives latency and idle time of the stream's table", async () => {
  const table = {
    name: { text: "*", matches: () => true },
    from: null,
    terms: termsOf({ latencyMs: 700, idleMs: 5000 }),
    source: "[[stream]]",
  };
  const verdict = await judge(CONCLUSION_SID, policyOf({ streams: [table], terms: termsOf({ latencyMs: 100 }) }));
  deepStrictEqual(verdict.kind === "admit" && [verdict.latencyMs, verdict.idleMs], [700, 5000]);
});

Deno.test("judgeConclusion lets callers that are judged at the same moment not get over a limit together", async () => {
  const running: RunningSession[] = [];
  const conclusion = conclusionOf(CONCLUSION_KEY_16);
  const judged = Array.from({ length: 8 }, (_, index) => {
    const caller = { address: "192.0.2.9", port: 6000 + index };
    const request = {
      conclusion,
      keyMaterial: conclusion.keyMaterial,
      streamId: parseStreamId(null),
      ...caller,
      proven: true,
    };
    return judgeConclusion(request, {
      policy: { ...SECRET, maxSessions: 3 },
      state: () => ({ sessions: running, stopping: false }),
      budgets: budgets(),
      now: () => 0,
      letIn: () => void running.push(sessionOf({ ...caller, session: `s${index}` })),
    });
  });
  await Promise.all(judged);
  strictEqual(running.length, 3);
});
