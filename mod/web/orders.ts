/**
 * Answers the HTTP requests that change something: stops, cuts, bans, and lost sessions that are cleared.
 *
 * @module
 */

import { type ControlAnswer, MAX_SUBJECT_CHARACTERS } from "../handoff/control_message.ts";
import { isBanOrder } from "./api_schema.ts";
import type { ListenerClient } from "./listener_client.ts";
import { reply, replyJson, replyProblem } from "./reply.ts";
import { readShortBody } from "./short_body.ts";

/** Passes orders on to the listener. */
export class Orders {
  readonly #client: ListenerClient;

  constructor(client: ListenerClient) {
    this.#client = client;
  }

  /** Stops or cuts the session with this ID. Stream names are not accepted: several sessions can have the same. */
  async act(session: string, command: "stop" | "cut"): Promise<Response> {
    const state = await this.#client.question("state");
    if (state?.answer !== "state") return replyUnanswered(state);
    if (!state.sessions.some(({ start }) => start.session === session)) return replyNoSession(session);
    const answer = await this.#client.act({ hello: "command", command, sessions: [session] });
    if (isAnswer(answer, "stop")) {
      if (answer.unknown.length > 0) return replyNoSession(session);
      return replyJson({ ended: answer.ended.find((end) => end.session === session) ?? null });
    }
    if (!isAnswer(answer, "cut")) return replyUnanswered(answer);
    if (answer.unknown.length > 0) return replyNoSession(session);
    const cut = answer.cut.find((one) => one.session === session);
    if (cut !== undefined) return replyJson({ file: cut.file, previous: cut.previous });
    return replyProblem(409, answer.failed[0]?.problem ?? "it has no new file");
  }

  /** Bans the subject in the body. */
  async ban(request: Request): Promise<Response> {
    const body = await readShortBody(request);
    if (body instanceof Response) return body;
    if (!isBanOrder(body)) {
      return replyProblem(400, "the body is not what is expected", {
        hint: 'send {"subject": "192.0.2.7", "forMs": 60000}',
      });
    }
    const { subject, forMs = null } = body;
    const answer = await this.#client.act({ hello: "command", command: "ban", subject, forMs });
    if (isAnswer(answer, "ban")) {
      const { ban, ended, pulled = [] } = answer;
      return replyJson({ ban, ended, pulled });
    }
    return isAnswer(answer, "failed") ? replyProblem(409, answer.problem) : replyUnanswered(answer);
  }

  /** Lifts the ban of a subject; null: the request has none. */
  async liftBan(subject: string | null): Promise<Response> {
    if (subject === null || subject.length > MAX_SUBJECT_CHARACTERS) {
      return replyProblem(400, `the query has no subject of at most ${MAX_SUBJECT_CHARACTERS} characters`, {
        hint: "send DELETE /api/bans?subject=192.0.2.0/24",
      });
    }
    const answer = await this.#client.act({ hello: "command", command: "lift-ban", subject });
    if (isAnswer(answer, "lifted")) return reply(null, { status: 204 });
    return isAnswer(answer, "failed") ? replyProblem(404, answer.problem) : replyUnanswered(answer);
  }

  /** Removes the lost session with this ID. */
  async clearLost(session: string): Promise<Response> {
    const answer = await this.#client.act({ hello: "command", command: "clear-lost", session });
    if (isAnswer(answer, "lost-cleared")) return reply(null, { status: 204 });
    return isAnswer(answer, "failed") ? replyProblem(404, answer.problem) : replyUnanswered(answer);
  }
}

/** The answer when no session has this ID. */
export function replyNoSession(session: string): Response {
  return replyProblem(404, `no running session has the ID ${JSON.stringify(session)}`);
}

/** The answer when the listener has not answered, or not as expected. */
export function replyUnanswered(answer: ControlAnswer | null | "busy"): Response {
  const error = answer === "busy"
    ? "too many orders are in progress"
    : isAnswer(answer, "failed")
    ? answer.problem
    : "the listener does not answer";
  return replyProblem(503, error, { headers: { "retry-after": "1" } });
}

function isAnswer<Kind extends ControlAnswer["answer"]>(
  answer: ControlAnswer | null | "busy",
  kind: Kind,
): answer is Extract<ControlAnswer, { readonly answer: Kind }> {
  return answer !== null && answer !== "busy" && answer.answer === kind;
}
