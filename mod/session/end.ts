/**
 * Why a session ends, and what the operator reads about it.
 *
 * @module
 */

import { ORDER_FULL, ORDER_MOVED, ORDER_REPLACE, type Ticket } from "../handoff/contract.ts";
import type { Recording } from "../recording/recording.ts";
import type { SinkError } from "../recording/sink_error.ts";
import { formatBytes, formatCount } from "../report/format.ts";
import type { SessionOptions } from "../srt/session_option.ts";
import type { OutputReport } from "../vocabulary/events.ts";
import { type EndReason, isCleanEnd } from "../vocabulary/values.ts";
import type { CallerSign } from "./caller_monitor.ts";

/** A reason and its text. */
export interface End {
  readonly reason: EndReason;
  readonly text: string;
  /** What to do about it; empty if there is nothing to suggest. */
  readonly advice: string;
}

/**
 * Returns the end for an order of the listener, or for SIGTERM.
 *
 * @param reason The reason of the aborted stop signal: one of `STOP_ORDERS`, or any other value for SIGTERM
 */
export function orderedEnd(reason: unknown, { call }: Pick<Ticket, "call">): End {
  switch (reason) {
    case ORDER_REPLACE:
      return { reason: "replaced", text: "replaced by another caller", advice: "" };
    case ORDER_MOVED:
      return {
        reason: "moved",
        text:
          "the caller's packets now arrive from another port of its address; a NAT between the caller and this machine " +
          "has changed its mapping",
        advice: "",
      };
    case ORDER_FULL:
      return {
        reason: "disk-full",
        text: "the session was ended because the disk is almost full (--min-free)",
        advice: "make room in the folder of recordings; a restart is not needed",
      };
    default:
      return { reason: "stopped", text: `stopped by ${call === null ? "the listener" : "srt-splitter"}`, advice: "" };
  }
}

/**
 * Returns the end for what the other side did. `attempt`: it had sent no payload; `silenceMs`: how long it may be silent.
 */
export function callerEnd(
  sign: CallerSign,
  { call, attempt, silenceMs }: Pick<Ticket, "call"> & { readonly attempt: boolean; readonly silenceMs: number },
): End {
  const peer = peerOf({ call });
  switch (sign) {
    case "closed":
      return {
        reason: "caller-closed",
        text: !attempt
          ? `the ${peer} closed the connection`
          : call === null
          ? "the caller closed the connection without sending payload (callers that require a later SRT version do this)"
          : "the listener closed the connection without sending payload",
        advice: "",
      };
    case "returned":
      return {
        reason: "replaced",
        // the caller may also have closed before it called again: the filter of the socket has one counter for SHUTDOWNs and for calls
        text: "the caller called again from the same port and sends nothing on this connection any more",
        advice: "",
      };
    case "silent":
      return {
        reason: "silence",
        text: `nothing arrived from the ${peer} for ${silenceMs / 1000} s`,
        advice: "check its power and its network",
      };
  }
}

/** The other side is connected and sends no payload. `srt`: the options that the operator set. */
export function idleEnd({ idleMs, srt, call }: Pick<Ticket, "idleMs" | "srt" | "call">): End {
  return {
    reason: "idle",
    text: `the ${peerOf({ call })} was connected but sent no payload for ${idleMs / 1000} s (--idle)`,
    advice: bufferAdvice(srt) ?? "check its encoder",
  };
}

/** libsrt ended the connection although the other side did not close it. `srt`: the options that the operator set. */
export function brokenEnd({ srt, call }: Pick<Ticket, "srt" | "call">): End {
  const peer = peerOf({ call });
  return {
    reason: "connection-failed",
    text: `libsrt ended the connection; the ${peer} had not closed it, but sent something that libsrt rejects`,
    advice: bufferAdvice(srt) ?? `update the ${peer} to a later SRT version`,
  };
}

/** Returns what the other side of a session is, for texts. */
function peerOf({ call }: Pick<Ticket, "call">): "caller" | "listener" {
  return call === null ? "caller" : "listener";
}

/** What to do if the operator set the size of the buffer, and it may be too small; otherwise null. */
function bufferAdvice({ fc, rcvbuf }: SessionOptions): string | null {
  if (fc === undefined && rcvbuf === undefined) return null;
  return "remove fc and rcvbuf from the SRT options, or raise them: libsrt stops if they are too small for latency and bit rate";
}

/** Payload arrives that cannot be decrypted any more. */
export function keyLostEnd({ call }: Pick<Ticket, "call">): End {
  const newKey = "each connection begins with a new key";
  return {
    reason: "key-lost",
    text:
      `the ${peerOf({ call })} changed its key, and the new key did not arrive; the recording ends before the first ` +
      "payload that cannot be decrypted",
    advice: call === null ? `call again: ${newKey}` : `the listener is called again: ${newKey}`,
  };
}

/** Payload arrives, and libsrt delivers none of it. `srt`: the options that the operator set. */
export function stuckEnd({ srt, call }: Pick<Ticket, "srt" | "call">): End {
  return {
    reason: "undelivered",
    text: "payload arrives that libsrt does not deliver: the time stamps or the sequence numbers of the " +
      `${peerOf({ call })} have jumped`,
    advice: bufferAdvice(srt) ?? "restart the encoder",
  };
}

/**
 * If libsrt did not deliver some packets, they are missing in the recording: a clean end becomes a failure, whose text has their
 * number. An end that is a failure already is returned unchanged.
 */
export function withUndelivered(end: End, packets: number): End {
  if (packets === 0 || !isCleanEnd(end.reason)) return end;
  return {
    reason: "undelivered",
    text: `${end.text}; ${formatCount(packets, "packet")} had arrived that libsrt did not deliver`,
    advice: "",
  };
}

/** The recording has failed. */
export function diskEnd({ message, reason, hint }: SinkError): End {
  return { reason, text: message, advice: hint };
}

/** What to check if an output has failed. */
const CHECKED = {
  pipe: "the command of --pipe",
  udp: "the target of --udp",
  forward: "the listener of --forward",
} as const satisfies Readonly<Record<OutputReport["kind"], string>>;

/** Nothing was recorded, and these outputs have failed or do not have all payload. */
export function outputsEnd(failed: readonly OutputReport[]): End {
  const checked = new Set(failed.map(({ kind }) => CHECKED[kind]));
  return {
    reason: "output-failed",
    text: failed.map(describeOutput).join("; "),
    advice: `check ${[...checked].join(" and ")}, or record too: --out DIR`,
  };
}

function describeOutput({ name, text, droppedBytes }: OutputReport): string {
  return `${name}: ${text}${droppedBytes === 0 ? "" : ` and did not get ${formatBytes(droppedBytes)}`}`;
}

const SLOW_DISK = "the disk did not answer in time";
const SLOW_READER = "the program that reads stdout was too slow";

/** How a recording ended. */
export type RecordingOutcome = Pick<Recording, "kind" | "failure" | "gone" | "unsafe" | "dropped">;

/**
 * Returns `end` with the outcome of the recording. If anything is missing in it, a clean end becomes a failure. An end that is
 * a failure already keeps its reason.
 */
export function withRecording(end: End, { kind, failure, gone, unsafe, dropped }: RecordingOutcome): End {
  // if the session was ended because the disk was almost full, and the disk then became full, the text of the failure is more exact
  if (failure !== null) return isCleanEnd(end.reason) || end.reason === failure.reason ? diskEnd(failure) : end;
  const droppedBytes = dropped.reduce((sum, { bytes }) => sum + bytes, 0);
  const missing = [
    gone,
    unsafe,
    droppedBytes === 0
      ? null
      : `${droppedBytes} bytes are missing because ${kind === "stdout" ? SLOW_READER : SLOW_DISK}`,
  ].filter((text) => text !== null);
  if (missing.length === 0) return end;
  if (!isCleanEnd(end.reason)) return { ...end, text: [end.text, ...missing].join("; ") };
  const advice = kind === "stdout"
    ? "use a faster program to read stdout, or one that puts the payload into a file first"
    : gone === null
    ? "check the disk and its log (dmesg)"
    : "do not move, delete or change a recording before its session has ended";
  return { reason: "write-failed", text: missing.join("; "), advice };
}
