/**
 * The lines at the top of the page, with the same texts as the table on a terminal. Pure.
 *
 * @module
 */

import type { ListenerState } from "../../handoff/control_message.ts";
import { escapeText } from "../../report/escape_text.ts";
import { formatBytes, formatCount, formatDuration, formatRate } from "../../report/format.ts";
import { hasPayload } from "../../report/loss_text.ts";
import { isSpaceLow, NOT_RECORDING, spaceText } from "../../report/low_space.ts";
import type { RunningSession } from "../api_schema.ts";
import { absentOnly } from "./tile_view.ts";

/** A line, and how it is shown. */
export interface RecordingText {
  readonly text: string;
  readonly kind: "fine" | "off" | "low";
}

/** Returns the line about the recording: its folder, the free space, and how long that space lasts. */
export function recordingText({ listening: { out }, disk }: Pick<ListenerState, "listening" | "disk">): RecordingText {
  if (out === null) return { text: NOT_RECORDING, kind: "off" };
  const space = disk === null ? "" : `, ${spaceText(disk)}`;
  return { text: `RECORDING to ${escapeText(out)}${space}`, kind: disk !== null && isSpaceLow(disk) ? "low" : "fine" };
}

/** Returns the line with the sums. */
export function sumsText(
  { listening, lost, absentStreams, unconnectedPulls = [], counts, receivedBytes, durationMs, stopping }: ListenerState,
  sessions: readonly RunningSession[],
): string {
  const isSilent = ({ bytes, statistics }: RunningSession) => bytes !== null && !hasPayload({ bytes, statistics });
  const silent = sessions.filter(isSilent).length;
  const rates = sessions.flatMap(({ recent, bitsPerSecond }) => recent?.bitsPerSecond ?? bitsPerSecond ?? []);
  const rate = rates.length === 0 ? "" : `, ${formatRate(rates.reduce((sum, value) => sum + value, 0))}`;
  const absent = absentOnly({ lost, absentStreams, unconnectedPulls }).length;
  const parts = [
    sessions.length > silent ? `${sessions.length - silent} running${rate}` : "",
    sessions.length > 0 ? "" : listening.port === 0 ? "waiting for a listener" : "waiting for callers",
    receivedBytes > 0 ? formatBytes(receivedBytes) : "",
    silent > 0 ? `${silent} without payload` : "",
    unconnectedPulls.length > 0 ? `${unconnectedPulls.length} NOT CONNECTED` : "",
    absent > 0 ? `${absent} MISSING` : "",
    lost.length > 0 ? `${lost.length} LOST` : "",
    counts.attempts > 0 ? formatCount(counts.attempts, "attempt") : "",
    counts.refused > 0 ? `${counts.refused} refused` : "",
    formatDuration(durationMs),
    stopping === null ? "" : `stopping: ${stopping.text}`,
  ];
  return parts.filter((part) => part !== "").join(", ");
}
