/**
 * Describes how another program ended, and what it printed.
 *
 * @module
 */

/** Longest part of a line that is quoted. */
const QUOTED_CHARACTERS = 90;

/** Matches the line with the reason of a failure. */
const REASON = /REJECT reported|reject|refus|authenticate/i;
/** Matches lines of VLC about sound and screen. */
const OTHER = /pulse|alsa|dbus|interface/;
/** Matches lines about any failure. */
const FAILURE = /error|fail|reject|refus|broken|disconnect|lost|not connected|shut ?down|closed/i;

/** What programs print around the message: time, thread, function, element, address. */
const AROUND = [
  /^[\d:.]+\/\S+\s+\w+: /,
  /^(?:\[[^\]]* @ 0x[0-9a-f]+\]\s*|\[[0-9a-f]{8,}\]\s*)+/,
  / from element \S+:(?= )/,
  / - not processing further$/,
] as const;

/** Describes the end of a program; `status` is null if it still runs. */
export function describeEnd(
  status: Deno.CommandStatus | null,
  { lines, callsAgain }: { readonly lines: readonly string[]; readonly callsAgain: boolean },
): string {
  const line = [REASON, FAILURE].flatMap((pattern) => lines.filter((line) => pattern.test(line) && !OTHER.test(line)))
    .map(messageIn)[0];
  return `${endText(status, callsAgain)}${line === undefined ? "" : `: ${line}`}`;
}

function endText(status: Deno.CommandStatus | null, callsAgain: boolean): string {
  if (callsAgain) return "calls again";
  if (status === null) return "keeps running";
  return status.signal === null ? `ends with code ${status.code}` : `ends by ${status.signal}`;
}

/** The message in a line, without what differs from run to run. */
export function messageIn(line: string): string {
  const message = AROUND.reduce((text, pattern) => text.replace(pattern, ""), line)
    .replaceAll(/127\.0\.0\.1:\d+/g, "HOST:PORT").replaceAll(/\s+/g, " ").trim();
  return message.length > QUOTED_CHARACTERS ? `${message.slice(0, QUOTED_CHARACTERS)}...` : message;
}
