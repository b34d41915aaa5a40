/**
 * Tests of mod/admission/judge_request.ts and judge_encryption.ts, with CONCLUSIONs that real callers sent, and others made from
 * them.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { type EncryptionVerdict, judgeEncryption, PassphraseTries } from "../../mod/admission/judge_encryption.ts";
import { type AdmissionState, type AdmitUnderTerms, judgeRequest } from "../../mod/admission/judge_request.ts";
import type { AdmissionPolicy } from "../../mod/admission/policy.ts";
import type { Challenge, Reject } from "../../mod/admission/verdict.ts";
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
import { makeKeyMessage } from "../support/key_message.ts";
import { CONCLUSION_HSV4, conclusionOf, conclusionWith } from "./conclusion_of.ts";
import { policyOf, secretPolicy, SOURCES, termsOf } from "./policy_of.ts";
import { sessionOf } from "./session_of.ts";

const OPEN = policyOf();
const SECRET = secretPolicy(CAPTURE_PASSPHRASE);
const LIBSRT = { version: "1.5.1", aesGcm: false };
const AT_REST: AdmissionState = { sessions: [], stopping: false };
const CALLER = { address: "192.0.2.9", port: 6000 };
const HSREQ = "00010003 00010501 000000bf 00780078";

function withStreamId(text: string): string {
  const block = hex(encodeText(text));
  return conclusionWith(5, `${HSREQ} 0005${(block.length / 8).toString(16).padStart(4, "0")} ${block}`);
}

/** The verdict of judgeRequest on a CONCLUSION, or that of judgeEncryption if judgeRequest admits the caller. */
async function judge(
  packet: string,
  policy = OPEN,
  { state = AT_REST, proven = false, tries = new PassphraseTries(), streamId: text = null, libsrt = LIBSRT }: {
    readonly state?: AdmissionState;
    /** Whether the caller has returned a secret cookie. */
    readonly proven?: boolean;
    readonly tries?: PassphraseTries;
    /** Replaces the stream ID of the caller. */
    readonly streamId?: string | null;
    readonly libsrt?: typeof LIBSRT;
  } = {},
): Promise<Challenge | Reject | AdmitUnderTerms & { readonly passphrase: string | null }> {
  const conclusion = conclusionOf(packet);
  const streamId = parseStreamId(text ?? conclusion.streamId);
  const verdict = judgeRequest({ conclusion, streamId, ...CALLER }, policy, state);
  if (verdict.kind !== "admit") return verdict;
  const caller = { ...CALLER, stream: null, proven, tries, libsrt, nowMs: 0 };
  const encryption: EncryptionVerdict = await judgeEncryption(conclusion.keyMaterial, verdict.terms, caller);
  return encryption.kind === "fits" ? { ...verdict, passphrase: encryption.passphrase } : encryption;
}

/** The kind of the verdict and the passphrase, or the whole verdict if the caller is not admitted. */
async function admitted(packet: string, policy = OPEN): Promise<readonly unknown[]> {
  const verdict = await judge(packet, policy);
  return verdict.kind === "admit" ? [verdict.kind, verdict.passphrase] : [verdict];
}

function sessions(count: number): AdmissionState {
  const all = Array.from({ length: count }, (_, index) => sessionOf({ session: `s${index}`, port: 5000 + index }));
  return { sessions: all, stopping: false };
}

/** The reason of a rejection; -1 for any other verdict. */
async function reasonFor(packet: string, policy = OPEN, state = AT_REST): Promise<number> {
  const verdict = await judge(packet, policy, { state });
  return verdict.kind === "reject" ? verdict.reason : -1;
}

for (
  const [what, packet] of [
    ["without stream ID", CONCLUSION_PLAIN],
    ["with a plain stream ID", CONCLUSION_SID],
    ["with a stream ID in standard form that asks to publish", CONCLUSION_STANDARD_SID],
    ["with a packet filter", CONCLUSION_FILTER],
    ["with a stream ID without a mode", withStreamId("#!::r=cam")],
    ["with keys of a vendor", withStreamId("#!::bmd_uuid=1234,bmd_name=studio,r=cam")],
    ["that asks for both directions", withStreamId("#!::r=cam,m=bidirectional")],
  ] as const
) {
  Deno.test(`judgeRequest admits a caller ${what}`, async () => {
    deepStrictEqual(await admitted(packet), ["admit", null]);
  });
}

for (
  const [what, packet] of [
    ["16 bytes", CONCLUSION_KEY_16],
    ["24 bytes", CONCLUSION_KEY_24],
    ["32 bytes", CONCLUSION_KEY_32],
    ["16 bytes, sent by ffmpeg", CONCLUSION_FFMPEG],
  ] as const
) {
  Deno.test(`judgeEncryption accepts the passphrase with a key of ${what}`, async () => {
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
  { what: "an unknown mode", packet: withStreamId("#!::r=cam,m=watch"), reason: 1400, text: /"watch"/ },
  { what: "m=request", packet: withStreamId("#!::r=cam,m=request"), reason: 1405, text: /receive/ },
  { what: "t=file", packet: withStreamId("#!::r=cam,t=file"), reason: 1415, text: /t=file/ },
  { what: "read:", packet: withStreamId("read:cam"), reason: 1405, text: /receive/ },
  {
    what: "a listener that is shutting down",
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
    what: "no encryption although it is required",
    packet: CONCLUSION_PLAIN,
    policy: SECRET,
    reason: 11,
    text: /required/,
  },
  {
    what: "encryption although no passphrase is set",
    packet: CONCLUSION_KEY_16,
    reason: 11,
    text: /no passphrase is set/,
  },
  {
    what: "another passphrase",
    packet: CONCLUSION_KEY_32,
    policy: secretPolicy("wrong-horse-battery"),
    reason: 10,
    text: /passphrase is wrong/,
  },
];

for (const { what, packet, policy = OPEN, state = AT_REST, reason, text } of REJECTED) {
  Deno.test(`a caller is rejected with ${describeRejection(reason).name} for ${what}`, async () => {
    const verdict = await judge(packet, policy, { state });
    if (verdict.kind !== "reject") throw new Error(`not rejected but ${verdict.kind}`);
    strictEqual(verdict.reason, reason);
    match(verdict.text, text);
    match(verdict.advice, /\w{3}/);
  });
}

Deno.test("judgeRequest admits the last caller that the limit allows", async () => {
  strictEqual((await judge(CONCLUSION_PLAIN, policyOf({ maxSessions: 2 }), { state: sessions(1) })).kind, "admit");
});

Deno.test("a full listener tries no passphrase", async () => {
  const policy = { ...secretPolicy("wrong-horse-battery"), maxSessions: 1 };
  strictEqual(await reasonFor(CONCLUSION_KEY_16, policy, sessions(1)), REJECTION.OVERLOAD);
});

Deno.test("judgeRequest rejects an encrypted caller in file mode because of the mode, not because of the encryption", async () => {
  strictEqual(await reasonFor(CONCLUSION_FILE, OPEN), REJECTION.NOTSUP_MEDIA);
});

Deno.test("judgeRequest quotes no secret of a malformed stream ID", async () => {
  const verdict = await judge(withStreamId("#!::r=cam,s=hunter22,m=watch"));
  strictEqual(verdict.kind === "reject" && !JSON.stringify(verdict).includes("hunter22"), true);
});

Deno.test("judgeEncryption quotes no passphrase in a rejection", async () => {
  const policy = secretPolicy("wrong-horse-battery");
  strictEqual(JSON.stringify(await judge(CONCLUSION_KEY_16, policy)).includes("wrong-horse"), false);
});

Deno.test("judgeEncryption returns the one passphrase of several that fits", async () => {
  const policy = secretPolicy("wrong-horse-battery", CAPTURE_PASSPHRASE);
  deepStrictEqual(await admitted(CONCLUSION_KEY_16, policy), ["admit", CAPTURE_PASSPHRASE]);
});

Deno.test("judgeEncryption tries the passphrases of the user instead of the general ones", async () => {
  const policy: AdmissionPolicy = {
    ...secretPolicy("wrong-horse-battery"),
    users: [{ name: "anna", passphrases: [{ value: CAPTURE_PASSPHRASE }], source: "[[user]]" }],
  };
  const kinds: string[] = [];
  for (const streamId of ["#!::u=anna,r=cam", "#!::u=otto,r=cam"]) {
    kinds.push((await judge(CONCLUSION_KEY_16, policy, { streamId })).kind);
  }
  deepStrictEqual(kinds, ["admit", "reject"]);
});

for (
  const [what, policy, reason] of [
    ["if no passphrase is set", OPEN, 11],
    ["if another passphrase is set", secretPolicy("wrong-horse-battery"), 10],
  ] as const
) {
  Deno.test(`judgeEncryption names an unknown user ${what}`, async () => {
    const users = [{ name: "anna", passphrases: [{ value: CAPTURE_PASSPHRASE }], source: "[[user]]" }];
    const verdict = await judge(CONCLUSION_KEY_16, { ...policy, users }, { streamId: "#!::u=Anna,r=cam" });
    if (verdict.kind !== "reject") throw new Error(`not rejected but ${verdict.kind}`);
    strictEqual(verdict.reason, reason);
    match(verdict.text, /no \[\[user\]\] named "Anna"/);
  });
}

for (
  const [used, proven, kind] of [
    ["unproven", false, "challenge"],
    ["unproven", true, "admit"],
    ["proven", false, "admit"],
    ["proven", true, "reject"],
  ] as const
) {
  Deno.test(`the verdict on ${proven ? "a proven" : "an unproven"} caller is ${kind} when no tries are left for ${used} callers`, async () => {
    const tries = new PassphraseTries();
    while (tries[used].take({ address: CALLER.address, stream: null }, { tries: 1, nowMs: 0 }));
    strictEqual((await judge(CONCLUSION_KEY_16, SECRET, { proven, tries })).kind, kind);
  });
}

Deno.test("judgeEncryption tries a wrong KMREQ a second time only if the passphrases have changed", async () => {
  const other = secretPolicy("battery-staple");
  const tries = new PassphraseTries();
  strictEqual((await judge(CONCLUSION_KEY_16, other, { tries })).kind, "reject");
  while (tries.unproven.take({ address: CALLER.address, stream: null }, { tries: 1, nowMs: 0 }));
  const again = await judge(CONCLUSION_KEY_16, other, { tries });
  deepStrictEqual(again.kind === "reject" ? again.reason : again.kind, 10);
  strictEqual((await judge(CONCLUSION_KEY_16, SECRET, { tries })).kind, "challenge");
  strictEqual((await judge(CONCLUSION_KEY_16, SECRET, { tries, proven: true })).kind, "admit");
});

Deno.test("judgeEncryption names the last caller with a wrong passphrase when no tries are left", async () => {
  const tries = new PassphraseTries();
  await judge(CONCLUSION_KEY_16, secretPolicy("battery-staple"), { tries });
  while (tries.proven.take({ address: CALLER.address, stream: null }, { tries: 1, nowMs: 0 }));
  const verdict = await judge(CONCLUSION_KEY_16, SECRET, { tries, proven: true });
  deepStrictEqual(verdict.kind === "reject" ? [verdict.reason, verdict.text] : verdict.kind, [
    1402,
    "too many passphrases were tried, the last wrong one by 192.0.2.9 port 6000 without a stream name",
  ]);
});

Deno.test("judgeEncryption delays its answer to a caller that has called with a wrong passphrase ten times", async () => {
  const tries = new PassphraseTries();
  const other = secretPolicy("battery-staple");
  const delays: unknown[] = [];
  for (let time = 0; time < 12; time += 1) {
    const verdict: object = await judge(CONCLUSION_KEY_16, other, { tries });
    delays.push("delayMs" in verdict ? verdict.delayMs : null);
  }
  deepStrictEqual(delays, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1000, 1000]);
});

Deno.test("judgeRequest admits a caller in addition to 100 sessions if there is no limit", async () => {
  strictEqual((await judge(CONCLUSION_PLAIN, OPEN, { state: sessions(100) })).kind, "admit");
});

Deno.test("judgeRequest returns the latency and the idle time of the stream's table", async () => {
  const table = {
    name: { text: "*", matches: () => true },
    as: null,
    from: null,
    terms: termsOf({ latencyMs: 700, idleMs: 5000 }),
    source: "[[stream]]",
  };
  const verdict = await judge(CONCLUSION_SID, policyOf({ streams: [table], terms: termsOf({ latencyMs: 100 }) }));
  deepStrictEqual(verdict.kind === "admit" && [verdict.latencyMs, verdict.idleMs], [700, 5000]);
});

Deno.test("judgeRequest names the stream's table as the source of a limit that it sets, and of no other", async () => {
  const table = {
    name: { text: "*", matches: () => true },
    as: null,
    from: null,
    terms: termsOf({ maxPerStream: 3 }),
    source: "[[stream]] on line 3 of splitter.toml",
  };
  const verdict = await judge(CONCLUSION_SID, policyOf({ streams: [table], terms: termsOf({ onReturn: "refuse" }) }));
  deepStrictEqual(verdict.kind === "admit" && verdict.terms.sources, {
    ...SOURCES,
    maxPerStream: "max-sessions = 3 of [[stream]] on line 3 of splitter.toml",
  });
});

for (const [aesGcm, policy, reason] of [[false, SECRET, 17], [true, SECRET, 10], [false, OPEN, 11]] as const) {
  Deno.test(`judgeEncryption returns ${reason} for AES-GCM if libsrt ${aesGcm ? "supports" : "does not support"} it, and ${policy === OPEN ? "no" : "another"} passphrase is set`, async () => {
    const key = await makeKeyMessage({ passphrase: "wrong-horse-battery", cipher: 4, auth: 1 });
    const packet = conclusionWith(3, `${HSREQ} 0003${(key.length / 4).toString(16).padStart(4, "0")} ${hex(key)}`);
    const verdict = await judge(packet, policy, { libsrt: { version: "1.5.4", aesGcm } });
    strictEqual(verdict.kind === "reject" ? verdict.reason : verdict.kind, reason);
  });
}

Deno.test("the rejection of AES-GCM names the setting of the caller and the version of libsrt", async () => {
  const key = await makeKeyMessage({ passphrase: CAPTURE_PASSPHRASE, cipher: 4, auth: 1 });
  const packet = conclusionWith(3, `${HSREQ} 0003${(key.length / 4).toString(16).padStart(4, "0")} ${hex(key)}`);
  const verdict = await judge(packet, SECRET);
  match(
    verdict.kind === "reject" ? verdict.text : "",
    /AES-GCM \(cryptomode\), which libsrt 1\.5\.1 of this machine cannot/,
  );
  match(verdict.kind === "reject" ? verdict.advice : "", /cryptomode=1/);
});
