/**
 * The messages that a child sends, and the check of each: no message is used before its form has been checked.
 *
 * @module
 */

import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";
import {
  DataAgainEvent,
  MissingEvent,
  NoDataEvent,
  SegmentEvent,
  SessionEndEvent,
  SessionStartEvent,
  StatsEvent,
} from "../vocabulary/events.ts";
import { nullable, oneOf, type ValueOf } from "../vocabulary/schema.ts";

const NotAccepted = Type.Object({
  event: Type.Literal("not-accepted"),
  cause: oneOf(
    ["no-libsrt", "resources", "timeout", "connection", "stopped", "replaced", "rejected"],
    "Why the child gave up before its caller was accepted.",
  ),
  text: Type.String(),
  reason: Type.Optional(
    Type.Integer({
      description:
        "With the cause `rejected`: the reason (API value) that libsrt gave the caller, or that a called listener gave.",
    }),
  ),
}, { description: "The caller was not accepted; the child exits." });

/** Why a child gave up before its caller was accepted. */
export type NotAcceptedCause = ValueOf<typeof NotAccepted>["cause"];

const Message = Type.Union([
  Type.Object({
    event: Type.Literal("waiting"),
    problem: Type.Optional(Type.String({ description: "Why its rehearsal (`rehearsal.ts`) failed, if it did." })),
  }, { description: "libsrt is loaded, and no ticket has arrived yet: the child is a spare." }),
  Type.Object({ event: Type.Literal("ready") }, {
    description: "libsrt has the caller socket: it reads the CONCLUSION, or will call the listener of a pull.",
  }),
  Type.Object({
    event: Type.Literal("accepted"),
    socketId: Type.Integer({
      description: "libsrt's socket ID of the connection: the destination of the caller's packets.",
    }),
  }, { description: "libsrt has accepted the caller." }),
  Type.Object({ event: Type.Literal("alive") }, {
    description: "Sent every 2.5 s while a session records, and every second while it waits for its outputs.",
  }),
  Type.Object({ event: Type.Literal("proven") }, {
    description:
      "The caller's return path is real: it sent payload, or it still sends other packets, such as KEEPALIVE, after " +
      "6 s. Either requires data that was sent only to the accepted caller.",
  }),
  Type.Object({ event: Type.Literal("payload") }, {
    description:
      "The caller has sent payload, while the child waits for the order to record. `proven` follows when it records.",
  }),
  Type.Object({
    event: Type.Literal("stranger"),
    streamId: nullable(Type.String(), "The stranger's stream ID as it was sent, or null. May contain secrets."),
  }, { description: "Another SRT socket behind the caller's address and port was rejected." }),
  Type.Object({ event: Type.Literal("warning"), text: Type.String() }, {
    description: "A condition that does not end the session. The lines of `text` after the first are hints.",
  }),
  Type.Object({ event: Type.Literal("recorded") }, {
    description: "The connection is closed and the recording complete; the session still waits for its outputs.",
  }),
  Type.Object({
    event: Type.Literal("cut"),
    file: nullable(Type.String(), "Absolute path of the new file, or null if there is none."),
    previous: nullable(Type.String(), "Absolute path of the file that is complete now, or null."),
    problem: nullable(Type.String(), "Why no new file has begun, or null."),
  }, {
    description: "The answer to the order `cut`. Orders that arrive before it is sent have no answer of their own.",
  }),
  Type.Object({ event: Type.Literal("recording-failed") }, {
    description: "Sent before the connection is closed, so that it arrives before the caller can call again.",
  }),
  NotAccepted,
  SessionStartEvent,
  SegmentEvent,
  StatsEvent,
  NoDataEvent,
  DataAgainEvent,
  MissingEvent,
  SessionEndEvent,
]);

/** What a child reports. */
export type ChildMessage = ValueOf<typeof Message>;

/**
 * Parses a message of a child.
 *
 * @param session The session that the child runs; events of any other are rejected.
 * @returns Null if it does not have the right form. Fields that are in no schema are kept.
 */
export function parseChildMessage(text: string, session: string): ChildMessage | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (!Value.Check(Message, message)) return null;
  return "session" in message && message.session !== session ? null : message as ChildMessage;
}
