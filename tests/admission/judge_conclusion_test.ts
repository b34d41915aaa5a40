/** Tests of mod/admission/judge_conclusion.ts over CONCLUSIONs as real callers sent them. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type AdmissionPolicy, type AdmissionState, judgeConclusion } from "../../mod/admission/judge_conclusion.ts";
import type { Verdict } from "../../mod/admission/verdict.ts";
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

const OPEN: AdmissionPolicy = { passphrase: null, maxSessions: null };
const SECRET: AdmissionPolicy = { passphrase: CAPTURE_PASSPHRASE, maxSessions: null };
const AT_REST: AdmissionState = { sessions: 0, stopping: false };
const HSREQ = "00010003 00010501 000000bf 00780078";

function withStreamId(text: string): string {
  const block = hex(encodeText(text));
  return conclusionWith(5, `${HSREQ} 0005${(block.length / 8).toString(16).padStart(4, "0")} ${block}`);
}

async function judge(packet: string, policy = OPEN, state = AT_REST): Promise<Verdict> {
  const conclusion = conclusionOf(packet);
  return await judgeConclusion({ conclusion, streamId: parseStreamId(conclusion.streamId) }, policy, state);
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
    deepStrictEqual(await judge(packet), { kind: "admit", passphrase: null });
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
    deepStrictEqual(await judge(packet, SECRET), { kind: "admit", passphrase: CAPTURE_PASSPHRASE });
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
  { what: "read:", packet: withStreamId("read:cam"), reason: 1405, text: /receive/ },
  {
    what: "a listener that stops",
    packet: CONCLUSION_PLAIN,
    state: { sessions: 0, stopping: true },
    reason: 1503,
    text: /shutting down/,
  },
  {
    what: "too many sessions",
    packet: CONCLUSION_PLAIN,
    policy: { passphrase: null, maxSessions: 2 },
    state: { sessions: 2, stopping: false },
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
    policy: { passphrase: "wrong-horse-battery", maxSessions: null },
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
  const policy = { passphrase: null, maxSessions: 2 };
  strictEqual((await judge(CONCLUSION_PLAIN, policy, { sessions: 1, stopping: false })).kind, "admit");
});

Deno.test("judgeConclusion judges what costs nothing first: a full listener tries no passphrase", async () => {
  const policy = { passphrase: "wrong-horse-battery", maxSessions: 1 };
  const full = { sessions: 1, stopping: false };
  strictEqual(await reasonFor(CONCLUSION_KEY_16, policy, full), REJECTION.OVERLOAD);
});

Deno.test("judgeConclusion tells a caller in file mode so, whatever its passphrase", async () => {
  strictEqual(await reasonFor(CONCLUSION_FILE, OPEN), REJECTION.NOTSUP_MEDIA);
});

Deno.test("judgeConclusion puts no secret of a malformed stream ID into its words", async () => {
  const verdict = await judge(withStreamId("#!::r=cam,s=hunter22,m=watch"));
  strictEqual(verdict.kind === "reject" && !JSON.stringify(verdict).includes("hunter22"), true);
});

Deno.test("judgeConclusion puts no passphrase into a rejection", async () => {
  const policy = { passphrase: "wrong-horse-battery", maxSessions: null };
  strictEqual(JSON.stringify(await judge(CONCLUSION_KEY_16, policy)).includes("wrong-horse"), false);
});
