/**
 * Which streams of a program a browser can play. Pure.
 *
 * @module
 */

import type { TsHealth } from "../../vocabulary/ts_health.ts";

/** What mpegts.js can pass to a browser: the text of a stream in TS health, and the MIME type that the browser must support. */
const VIDEO: Readonly<Record<string, string>> = {
  "H.264 video": 'video/mp4; codecs="avc1.640028"',
  "H.265 video": 'video/mp4; codecs="hvc1.1.6.L123.B0"',
  "AV1 video": 'video/mp4; codecs="av01.0.08M.08"',
};

/** MPEG-1 and MPEG-2 audio is left out: it is layer II as a rule, which browsers cannot play. */
const AUDIO: Readonly<Record<string, string>> = {
  "AAC audio": 'audio/mp4; codecs="mp4a.40.2"',
  "AAC (LATM) audio": 'audio/mp4; codecs="mp4a.40.2"',
  "AC-3 audio": 'audio/mp4; codecs="ac-3"',
  "E-AC-3 audio": 'audio/mp4; codecs="ec-3"',
  "Opus audio": 'audio/mp4; codecs="opus"',
};

/** The streams that a player must not see, because the browser would refuse them. */
export interface HiddenStreams {
  readonly pmtPid: number;
  readonly pids: readonly number[];
}

/** What can be played of a session. */
export interface Playable {
  /** Whether there is a video that can be played, or may be one. */
  readonly video: boolean;
  /** Whether there is sound that can be played, or may be. */
  readonly audio: boolean;
  /** Why a part of it cannot be played; empty if everything can. */
  readonly problem: string;
  readonly hidden: HiddenStreams | null;
}

/**
 * Judges the first program of a stream.
 *
 * @param health Null if it is not known: everything is tried then
 * @param supports Whether the browser supports a MIME type (`MediaSource.isTypeSupported`)
 */
export function playable(health: TsHealth | null, supports: (mimeType: string) => boolean): Playable {
  if (health?.payload === "other") {
    return {
      video: false,
      audio: false,
      problem: `not TS${health.format === null ? "" : `, but ${health.format}`}`,
      hidden: null,
    };
  }
  const service = health?.services.find(({ streams }) => streams.length > 0);
  if (service === undefined) return { video: true, audio: true, problem: "", hidden: null };
  const streams = service.streams.map(({ pid, text }) => {
    const mimeType = VIDEO[text] ?? AUDIO[text];
    return { pid, text, canPlay: mimeType !== undefined && supports(mimeType) };
  });
  const videos = streams.filter(({ text }) => text.endsWith(" video"));
  const audios = streams.filter(({ text }) => text.endsWith(" audio"));
  const refused = [...videos, ...audios].filter(({ canPlay }) => !canPlay);
  const problemOf = (list: typeof streams) =>
    list.length > 0 && !list.some(({ canPlay }) => canPlay) ? list.map(({ text }) => text) : [];
  const unplayable = [...new Set([...problemOf(videos), ...problemOf(audios)])];
  return {
    video: videos.some(({ canPlay }) => canPlay),
    audio: audios.some(({ canPlay }) => canPlay),
    problem: unplayable.length === 0 ? "" : `this browser cannot play ${unplayable.join(" and ")}`,
    hidden: refused.length === 0 ? null : { pmtPid: service.pmtPid, pids: refused.map(({ pid }) => pid) },
  };
}
