/**
 * The form of every refusal, and the refusals that the door itself decides.
 *
 * @module
 */

import type { CallAddresses } from "../os/caller_socket.ts";
import { REJECTION } from "../packet/rejection_reason.ts";
import type { StreamId } from "../packet/stream_id.ts";

/** What a refused caller sent about itself. */
export interface RefusedCaller extends CallAddresses {
  /** The stream's name, or the stream ID with secrets masked if it has none; null if unknown. */
  readonly stream: string | null;
  readonly srtVersion: string | null;
}

/** A caller that was refused, or whose handshake was not completed. */
export interface Refusal extends RefusedCaller {
  /** SRT rejection reason (API value), or null if the caller was sent none. */
  readonly reason: number | null;
  readonly text: string;
  readonly advice: string;
  /** The operator's rule that decided, or null. */
  readonly rule: string | null;
  /** The same in all repeats of this refusal, by which they are counted together. Absent if `text` is the same in all of them. */
  readonly cause?: string;
}

/** A refusal that is sent to its caller. */
export interface AnsweredRefusal extends Refusal {
  readonly reason: number;
}

/** Why a handshake did not continue. */
export interface Stall {
  readonly text: string;
  readonly advice: string;
}

/** Describes a caller by its stream ID. */
export function refusedCaller(
  { caller, local }: CallAddresses,
  { name, masked }: Pick<StreamId, "name" | "masked">,
  srtVersion: string | null,
): RefusedCaller {
  return { caller, local, stream: name ?? masked, srtVersion };
}

/** A caller in rendezvous mode, which no answer can refuse. */
export function rendezvousRefusal(addresses: CallAddresses): Refusal {
  return refusal(addresses, {
    text: "the caller is in rendezvous mode, which is not supported and cannot be answered",
    advice: "set mode=caller in the caller",
  });
}

/** A caller with a link-local address: libsrt's cookie depends on the interface too, and cannot be predicted. */
export function linkLocalRefusal(addresses: CallAddresses): Refusal {
  return refusal(addresses, {
    text: "the caller has a link-local address (fe80::), which the hand-off to libsrt does not support",
    advice: "give the caller another IPv6 address, or call over IPv4",
  });
}

/** A caller whose CONCLUSION cannot be decoded; `text` is the cause. */
export function malformedRefusal(addresses: CallAddresses, text: string): AnsweredRefusal {
  return {
    ...refusal(addresses, {
      text: `the handshake is malformed: ${text}`,
      advice: "update the caller, or check the devices between it and this machine",
    }),
    reason: REJECTION.ROGUE,
    cause: "malformed",
  };
}

/** A caller whose CONCLUSION came from another port than its INDUCTION, which came from port `before`. */
export function movedRefusal(addresses: CallAddresses, before: number): Refusal {
  return {
    ...refusal(addresses, {
      text: `its CONCLUSION came from UDP port ${addresses.caller.port}, but its INDUCTION from port ${before}`,
      advice: "check the NAT or load balancer in front of this machine: it must keep the port of each caller",
    }),
    cause: "moved in its handshake",
  };
}

/** A caller that continues to send although its session has ended. */
export function ignoredShutdownRefusal(refused: RefusedCaller): Refusal {
  return {
    ...refused,
    reason: null,
    text: "its session has ended, and it continues to send although it gets SHUTDOWNs",
    advice: "restart its encoder",
    rule: null,
  };
}

/** A caller that sends payload in place of the secret cookie that it was asked for. */
export function mistakenCallerRefusal(refused: RefusedCaller): Refusal {
  return {
    ...refused,
    reason: null,
    text:
      "it cannot return the secret cookie: it sends payload in answer to the request for the cookie (a second INDUCTION response)",
    advice: "it got a SHUTDOWN, so that it calls again, and is recorded at its second or third call; " +
      "if it does not call again, restart its encoder",
    rule: null,
  };
}

/** A caller that repeats its CONCLUSION although it was asked for a secret cookie. */
export function unreturnedRefusal(refused: RefusedCaller): AnsweredRefusal {
  return {
    ...refused,
    reason: REJECTION.OVERLOAD,
    text: "it does not return the secret cookie that it was asked for in a second INDUCTION response",
    advice: "call again: it is recorded at its second or third call",
    rule: null,
  };
}

/** A caller whose handshake does not continue. */
export function stallRefusal(addresses: CallAddresses, stall: Stall): Refusal {
  return refusal(addresses, stall);
}

/** A caller that shares its address and port with another caller, which `other` names. */
export function sharedPortRefusal(refused: RefusedCaller, other: string): AnsweredRefusal {
  return {
    ...refused,
    reason: REJECTION.CONFLICT,
    text: `the caller shares UDP port ${refused.caller.port} with ${other}`,
    advice: "give each stream its own source port",
    rule: null,
    cause: "shared port",
  };
}

function refusal({ caller, local }: CallAddresses, { text, advice }: Stall): Refusal {
  return { caller, local, stream: null, srtVersion: null, reason: null, text, advice, rule: null };
}
