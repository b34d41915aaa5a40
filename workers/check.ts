/**
 * The command `check`: whether `listen` could use a configuration file, and what the file says of callers.
 *
 * @module
 */

import { type AdmitUnderTerms, judgeRequest } from "../mod/admission/judge_request.ts";
import type { TermsInForce } from "../mod/admission/policy.ts";
import type { Reject } from "../mod/admission/verdict.ts";
import { checkPlaces, notChecked } from "../mod/cli/check_places.ts";
import type { CommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { makePolicy } from "../mod/cli/make_policy.ts";
import { describeRejection } from "../mod/packet/rejection_reason.ts";
import { parseStreamId } from "../mod/packet/stream_id.ts";

/** A caller of today, of which nothing is known but what was asked about. */
const PLAIN_CALLER = { hsVersion: 5, group: null, congestion: null, flags: 0 } as const;
/** Any port that no session has. */
const NO_PORT = 0;

/** Reads the passphrases too, answers, and returns the exit code. On the disk nothing changes. */
export function runCheck(
  { settings, question }: Extract<CommandLine, { readonly command: "check" }>,
  write: (text: string) => void,
): number {
  const { policy, warnings } = makePolicy(settings);
  checkPlaces(settings);
  for (const warning of [...settings.warnings, ...warnings]) write(`warning: ${warning}\n`);
  write(
    `${settings.config} can be used: ${count(policy.names.length + policy.addresses.length, "rule")}, ` +
      `${count(policy.streams.length, "[[stream]] table")}, ${count(policy.users.length, "[[user]] table")}\n`,
  );
  if (question === null) {
    write(`not checked: ${notChecked(settings)}\n`);
    return EXIT.ok;
  }
  const streamId = parseStreamId(question.streamId);
  const request = { conclusion: PLAIN_CALLER, streamId, address: question.from, port: NO_PORT, proven: true };
  const verdict = judgeRequest(request, policy, { sessions: [], stopping: false });
  if (verdict.kind === "challenge") throw new TypeError("cannot challenge a caller whose return path is proven");
  const who = `${
    streamId.name === null ? "a caller without a stream name" : JSON.stringify(streamId.name)
  } from ${question.from}`;
  write(`${who} ${describe(verdict)}\n`);
  return verdict.kind === "reject" ? EXIT.wouldBeRefused : EXIT.ok;
}

function describe(verdict: AdmitUnderTerms | Reject): string {
  if (verdict.kind === "reject") {
    const { reason, text, rule, advice } = verdict;
    const decided = rule === null ? "" : `\n  decided by: ${rule}`;
    return `is refused with ${reason} (${
      describeRejection(reason).name
    }): ${text}${decided}\n  to change it: ${advice}`;
  }
  return `gets in: ${verdict.rule}\n${describeTerms(verdict.terms).map((line) => `  ${line}`).join("\n")}`;
}

function describeTerms(
  { passphrases, latencyMs, maxPerStream, idleMs, onReturn, table, user }: TermsInForce,
): readonly string[] {
  return [
    ...(table === null ? [] : [`terms of: ${table.source}`]),
    ...(user === null ? [] : [`passphrase of: ${user.source}`]),
    `passphrase: ${
      passphrases === null ? "none, and it may not encrypt" : `needed, ${count(passphrases.length, "valid one")}`
    }`,
    `latency: ${latencyMs === null ? "120 ms (libsrt's default)" : `${latencyMs} ms`}, or the caller's own if larger`,
    `sessions with this name: ${maxPerStream ?? "no limit"}; when it is in use: ${onReturn}`,
    `let go when it sends nothing for: ${idleMs === 0 ? "never" : `${idleMs / 1000} s`}`,
  ];
}

function count(amount: number, noun: string): string {
  return `${amount} ${noun}${amount === 1 ? "" : "s"}`;
}
