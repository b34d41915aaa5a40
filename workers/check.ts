/**
 * The command `check`: reports whether `listen` can use a configuration file, and whether the file admits a caller.
 *
 * @module
 */

import { identify } from "../mod/admission/identify.ts";
import { type AdmitUnderTerms, judgeRequest } from "../mod/admission/judge_request.ts";
import type { TermsInForce } from "../mod/admission/policy.ts";
import type { Reject } from "../mod/admission/verdict.ts";
import type { CommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { formatSrtOption } from "../mod/cli/srt_option.ts";
import { checkPlaces, notChecked } from "../mod/cli/places.ts";
import { describeRejection } from "../mod/packet/rejection_reason.ts";
import { formatCount } from "../mod/report/format.ts";
import { openLibc } from "../mod/os/libc.ts";
import type { Output } from "./output.ts";
import { prepareRun } from "./prepare_run.ts";

/** The handshake of a plain caller with libsrt 1.5.5. */
const PLAIN_CALLER = {
  handshake: { mss: 1500 },
  hsVersion: 5,
  srtVersion: "1.5.5",
  group: null,
  congestion: null,
  packetFilter: null,
  flags: 0,
} as const;
/** A port that no session has. */
const NO_PORT = 0;

/** Prepares a run as `listen` does, prints the result, and returns the exit code. Starts nothing, and writes nothing. */
export async function runCheck(
  { settings, question }: Extract<CommandLine, { readonly command: "check" }>,
  { out, warn }: Pick<Output, "out" | "warn">,
): Promise<number> {
  const { policy, pulls, warnings } = await prepareRun(settings, openLibc());
  checkPlaces(settings);
  for (const warning of [...settings.warnings, ...warnings]) warn(warning);
  const print = (text: string) => out.write(`${text}\n`);
  print(
    `${settings.config} can be used: ${formatCount(policy.names.length + policy.addresses.length, "rule")}, ` +
      `${formatCount(policy.streams.length, "[[stream]] table")}, ${
        formatCount(policy.users.length, "[[user]] table")
      }${pulls.length === 0 ? "" : `, ${formatCount(pulls.length, "[[pull]] table")}`}`,
  );
  if (question === null) {
    print(`not checked: ${notChecked(settings)}`);
    return EXIT.ok;
  }
  const streamId = identify(policy, question.streamId);
  const request = { conclusion: PLAIN_CALLER, streamId, address: question.from, port: NO_PORT };
  const verdict = judgeRequest(request, policy, { sessions: [], stopping: false });
  const name = streamId.name === null ? "a caller without a stream name" : JSON.stringify(streamId.name);
  print(`${name} from ${question.from} ${describe(verdict)}`);
  return verdict.kind === "reject" ? EXIT.wouldBeRefused : EXIT.ok;
}

function describe(verdict: AdmitUnderTerms | Reject): string {
  if (verdict.kind === "reject") {
    const { reason, text, rule, advice } = verdict;
    const { name } = describeRejection(reason);
    const lines = [
      `is refused with ${reason} (${name}): ${text}`,
      ...(rule === null ? [] : [`  decided by: ${rule}`]),
      `  hint: ${advice}`,
    ];
    return lines.join("\n");
  }
  return [`is admitted: ${verdict.rule}`, ...describeTerms(verdict.terms).map((line) => `  ${line}`)].join("\n");
}

function describeTerms(
  { passphrases, latencyMs, maxPerStream, idleMs, onReturn, srt, table, user }: TermsInForce,
): readonly string[] {
  const required = passphrases === null
    ? "none; callers that encrypt are refused"
    : `${srt.enforcedencryption === false ? "optional" : "required"}, ${passphrases.length} valid`;
  return [
    ...(table === null ? [] : [`settings from: ${table.source}`]),
    ...(user === null ? [] : [`passphrase from: ${user.source}`]),
    `passphrase: ${required}`,
    `latency: ${latencyMs === null ? "120 ms (libsrt's default)" : `${latencyMs} ms`}, or that of the caller if larger`,
    `sessions with this name: ${maxPerStream ?? "no limit"}; if the name is in use: ${onReturn}`,
    `time without payload that ends a session: ${idleMs === 0 ? "no limit" : `${idleMs / 1000} s`}`,
    ...Object.entries(srt).map(([name, value]) => `SRT option ${name}: ${formatSrtOption({ name, value })}`),
  ];
}
