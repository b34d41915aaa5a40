/**
 * Formats the offsets of recordings for people (`srt-splitter inspect --align FILE...`).
 *
 * @module
 */

import { escapeText } from "./escape_text.ts";
import { columns } from "./inspection_text.ts";

/** The fields of a recording that are shown; see `Alignment` in mod/inspection/align.ts. */
export interface ShownAlignment {
  readonly file: string;
  readonly firstPacket: string | null;
  readonly offsetMs: number;
  readonly by: "reference" | "pcr" | "wall-clock";
  readonly exactMs: number;
  readonly pcrOffsetMs: number | null;
}

const BY = { reference: "reference", pcr: "PCR", "wall-clock": "wall clock" } as const;

/** Formats `alignments` as lines, with an end of line after the last one. */
export function alignmentText(alignments: readonly ShownAlignment[]): string {
  const rows = [
    ["offset", "by", "accuracy", "first packet", "file"],
    ...alignments.map((shown) => [
      seconds(shown),
      BY[shown.by],
      shown.by === "reference" ? "" : `${shown.exactMs} ms`,
      shown.firstPacket ?? "unknown",
      escapeText(shown.file),
    ]),
  ];
  return [...columns(rows), ...notes(alignments)].map((line) => `${line}\n`).join("");
}

function seconds({ offsetMs, by }: Pick<ShownAlignment, "offsetMs" | "by">): string {
  const text = `${(offsetMs / 1000).toFixed(by === "pcr" ? 6 : 3)} s`;
  return offsetMs > 0 ? `+${text}` : text;
}

function notes(alignments: readonly ShownAlignment[]): readonly string[] {
  const byWallClock = alignments.filter(({ by }) => by === "wall-clock");
  if (byWallClock.length === 0) return [];
  const unused = byWallClock.flatMap(({ file, pcrOffsetMs }) =>
    pcrOffsetMs === null ? [] : [
      `${escapeText(file)}: the offset by PCR would be ${
        seconds({ offsetMs: pcrOffsetMs, by: "pcr" })
      }, which differs ` +
      "too much from the wall clock; the stream may have been sent again, or the clock of a machine may be wrong",
    ]
  );
  return ["", "wall clock: the offset is exact only if the clocks of the recording machines agree", ...unused];
}
