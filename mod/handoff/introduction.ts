/**
 * The first message of a child at the control socket, and its check. Any program of the user can connect there.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import { SessionStartEvent, StatsEvent } from "../vocabulary/events.ts";
import { count, nullable, oneOf, text, type ValueOf } from "../vocabulary/schema.ts";
import { CONTRACT_VERSION } from "./contract.ts";

/** A child whose listener has ended, and the state of its session. It contains no secrets. */
const Introduction = Type.Object({
  hello: Type.Literal("session"),
  contract: Type.Literal(CONTRACT_VERSION),
  start: SessionStartEvent,
  durationMs: count("Time since the session's start in ms."),
  socketId: Type.Integer({ description: "libsrt's socket ID of the connection." }),
  callerSocketId: Type.Integer({ description: "The caller's socket ID." }),
  concludedMs: Type.Number({ description: "As in the ticket." }),
  sink: Type.Object({
    kind: oneOf(["none", "stdout", "file"], "Where the payload goes."),
    directory: nullable(Type.String(), "The folder of recordings, with the kind `file`."),
    sidecar: Type.Boolean(),
  }),
  hasOutputs: Type.Boolean(),
  proven: Type.Boolean(),
  recorded: Type.Boolean({ description: "Whether the child has reported `recorded`." }),
  files: Type.Array(Type.String(), { description: "Absolute paths of the newest files so far, in order." }),
  omittedFiles: count("Files before them that are not named, because their names would be too long for a message."),
  stats: nullable(StatsEvent),
});

/** See {@linkcode readFirstMessage}. */
export type Introduction = ValueOf<typeof Introduction>;

/** The form of an introduction of any version. */
const AnyIntroduction = Type.Object({
  hello: Type.Literal("session"),
  contract: Type.Integer(),
  start: Type.Object({ session: text("Its ID.") }),
});

/** The result of the check of a first message. */
export type FirstMessage =
  | { readonly kind: "session"; readonly introduction: Introduction }
  /** A child of another version of the contract. */
  | { readonly kind: "other-version"; readonly session: string }
  | { readonly kind: "malformed" };

/** Checks the first message of a peer. */
export function readFirstMessage(message: string): FirstMessage {
  let value: unknown;
  try {
    value = JSON.parse(message);
  } catch {
    return { kind: "malformed" };
  }
  if (!Value.Check(AnyIntroduction, value)) return { kind: "malformed" };
  if (value.contract !== CONTRACT_VERSION) return { kind: "other-version", session: value.start.session };
  if (!Value.Check(Introduction, value)) return { kind: "malformed" };
  const introduction: Introduction = value;
  const { start, stats } = introduction;
  const isOfOneSession = stats === null || stats.session === start.session;
  return isOfOneSession ? { kind: "session", introduction } : { kind: "malformed" };
}
