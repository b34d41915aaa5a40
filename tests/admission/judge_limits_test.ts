/** Tests of mod/admission/judge_limits.ts as a table. */
import { deepStrictEqual } from "node:assert/strict";
import { parseAddressRange } from "../../mod/admission/address_range.ts";
import { judgeLimits, type RunningSession } from "../../mod/admission/judge_limits.ts";
import type { OnReturn } from "../../mod/admission/policy.ts";
import { SOURCES } from "./policy_of.ts";
import { sessionOf } from "./session_of.ts";

interface Case {
  readonly what: string;
  readonly sessions: readonly RunningSession[];
  readonly maxSessions?: number;
  readonly maxPerAddress?: number;
  /** Ranges of relays. */
  readonly relays?: readonly string[];
  readonly maxPerStream?: number;
  readonly onReturn?: OnReturn;
  readonly stream?: string | null;
  readonly port?: number;
  /** A rejection reason, or the sessions that end now, because the same caller calls again. */
  readonly gives: number | readonly string[];
  /** The sessions that end once the caller has proven that it is real. */
  readonly takes?: readonly string[];
  /** The limit that rejects. */
  readonly rule?: string;
}

const ONE = sessionOf();
const TWO = sessionOf({ session: "s2", port: 5001 });
const OTHER = sessionOf({ session: "s3", address: "198.51.100.1", stream: "cam2" });

const CASES: readonly Case[] = [
  { what: "no limit", sessions: [ONE, TWO], gives: [] },
  { what: "the last place", sessions: [ONE], maxSessions: 2, gives: [] },
  { what: "no place", sessions: [ONE, TWO], maxSessions: 2, gives: 1402, rule: SOURCES.maxSessions },
  {
    what: "no place for the address",
    sessions: [ONE, OTHER],
    maxPerAddress: 1,
    gives: 1402,
    rule: SOURCES.maxPerAddress,
  },
  {
    what: "more sessions of a relay's address than an address may have",
    sessions: [ONE],
    maxPerAddress: 1,
    relays: ["192.0.2.0/24"],
    gives: [],
  },
  {
    what: "no place for an address that is not a relay's",
    sessions: [ONE],
    maxPerAddress: 1,
    relays: ["198.51.100.0/24"],
    gives: 1402,
    rule: SOURCES.maxPerAddress,
  },
  { what: "a place for the address", sessions: [OTHER], maxPerAddress: 1, gives: [] },
  { what: "no place for the name", sessions: [ONE], maxPerStream: 1, gives: 1402, rule: SOURCES.maxPerStream },
  { what: "a name that others do not have", sessions: [ONE], maxPerStream: 1, stream: "cam9", gives: [] },
  {
    what: "no name, while a session without a name runs",
    sessions: [sessionOf({ stream: null })],
    maxPerStream: 1,
    stream: null,
    gives: [],
  },
  { what: "a name in use that may be used twice", sessions: [ONE], onReturn: "new-file", gives: [] },
  { what: "a name in use that is refused", sessions: [ONE], onReturn: "refuse", gives: 1409, rule: SOURCES.onReturn },
  {
    what: "a name in use that is taken over",
    sessions: [ONE, TWO, OTHER],
    onReturn: "take-over",
    gives: [],
    takes: ["s1", "s2"],
  },
  {
    what: "a full listener whose session is taken over",
    sessions: [ONE],
    maxSessions: 1,
    onReturn: "take-over",
    gives: [],
    takes: ["s1"],
  },
  { what: "the same caller again", sessions: [ONE], port: ONE.port, gives: ["s1"] },
  {
    what: "the same caller again, although there is no other place and its name is in use",
    sessions: [ONE],
    port: ONE.port,
    maxSessions: 1,
    onReturn: "refuse",
    gives: ["s1"],
  },
  { what: "a session that is already ending", sessions: [sessionOf({ ending: true })], maxSessions: 1, gives: [] },
];

for (const { what, sessions, stream = "cam1", port = 6000, gives, takes = [], rule, ...limits } of CASES) {
  Deno.test(`judgeLimits with ${what} gives ${JSON.stringify(gives)}`, () => {
    const { maxSessions = null, maxPerAddress = null, maxPerStream = null, onReturn = "new-file" } = limits;
    const relays = (limits.relays ?? []).map(parseAddressRange);
    const verdict = judgeLimits({ maxSessions, maxPerAddress, relays, sources: SOURCES }, {
      maxPerStream,
      onReturn,
      sources: SOURCES,
    }, {
      subject: { stream, address: ONE.address, port },
      sessions,
    });
    if (verdict.kind === "reject") deepStrictEqual([verdict.reason, verdict.rule], [gives, rule]);
    else deepStrictEqual([verdict.replaces, verdict.takesOver], [gives, takes]);
  });
}
