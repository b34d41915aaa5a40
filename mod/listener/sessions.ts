/**
 * The sessions of a run: starts a child for each admitted caller, follows it to its end, and reports what happens.
 *
 * @module
 */

import type { BannedCaller } from "../admission/bans.ts";
import { BoundedMap } from "../admission/bounded_map.ts";
import { LISTENER_STOPS } from "../admission/judge_request.ts";
import type { RunningSession } from "../admission/judge_limits.ts";
import type { TakeOver } from "../admission/take_overs.ts";
import type { UnprovenPlace } from "../admission/unproven_places.ts";
import type { Admit, Reject } from "../admission/verdict.ts";
import type { CallerRequest } from "../door/caller_request.ts";
import type { Door } from "../door/door.ts";
import type { EndedSession } from "../door/ended_callers.ts";
import { refusedCaller, sharedPortRefusal } from "../door/refusal.ts";
import { HandoffError } from "../handoff/child_command.ts";
import type { ChildMessage } from "../handoff/child_message.ts";
import type { ChildProcess, SessionProcess } from "../handoff/child_process.ts";
import { knownSink, type Ticket } from "../handoff/contract.ts";
import type { ControlAnswer } from "../handoff/control_message.ts";
import { sessionNumber } from "../handoff/control_name.ts";
import type { Introduction } from "../handoff/introduction.ts";
import {
  CHILD_DEADLINES,
  type ChildDeadlines,
  type ChildOutcome,
  SessionChild,
  type SessionChildOptions,
} from "../handoff/session_child.ts";
import type { Spares } from "../handoff/spares.ts";
import type { StartQueue, Turn } from "../handoff/start_queue.ts";
import type { CallerSocket } from "../os/caller_socket.ts";
import { withDeadline } from "../os/deadline.ts";
import { encodeRejection } from "../packet/reply.ts";
import type { StreamId } from "../packet/stream_id.ts";
import type { RejoinRequest } from "../recording/rejoin.ts";
import type { FolderCheck } from "../recording/folder_check.ts";
import type { Reporter } from "../report/reporter.ts";
import type { SessionEndEvent, SessionStartEvent } from "../vocabulary/events.ts";
import type { Refusals } from "./refusals.ts";
import {
  type CrashedSession,
  explainNotAccepted,
  explainNotStarted,
  fileBytes,
  sessionEndOfCrash,
  startOfCrash,
} from "./session_outcome.ts";
import type { NotConnected, PulledSession } from "./pull.ts";
import { callerOf, makeTicket, type SessionSettings, type TicketParts, type TicketPeer } from "./ticket.ts";

/** How long a session waits for the recording of a session that has ended, if it continues that recording. */
const ENDED_MS = 3000;
/** The same for the recording of a session that it takes over from. */
const RUNNING_MS = 10_000;
/** Our choice: stream names whose last recording is remembered. */
const MAX_ENDED_FILES = 1024;

/** What sessions need from outside. */
export interface SessionsOptions {
  readonly session: SessionSettings;
  readonly spares: Pick<Spares, "take">;
  readonly starts: Pick<StartQueue, "isCrowded" | "turnToRecord">;
  /** Starts a child. @throws {HandoffError} */
  readonly startChild: () => ChildProcess;
  readonly childDeadlines?: ChildDeadlines;
  readonly reporter: Reporter;
  readonly refusals: Refusals;
  /** Null if nothing is recorded. */
  readonly folder: FolderCheck | null;
  /** Returns the bytes of an earlier file of a running session if this program has deleted it, otherwise null. */
  readonly deletedBytes: (file: string) => number | null;
  /** Parses a stream ID, and replaces a stream key with its name in the operator's table. */
  readonly identify: (streamId: string | null) => StreamId;
  /** Called when a session takes the place of another caller's session. */
  readonly onTakeOver: (takeOver: TakeOver) => void;
  /** Called when the session of a pull of an earlier listener is adopted. `name`: that of the pull. */
  readonly onPullAdopted: (name: string, session: PulledSession) => void;
  readonly door: Pick<Door, "send" | "shutDown" | "shutDownIfHeard" | "follow" | "unfollow">;
  /** Name of the control socket, where children find a later listener. */
  readonly control: string;
  /** Largest session number that a child of an earlier listener may still use; 0 if there is none. */
  readonly lastNumber: number;
}

/** What is known of a session, whichever listener has started it. */
interface KnownSession extends CrashedSession, Pick<Ticket, "local" | "callerSocketId"> {}

/** What happens with a session whose child did not accept it. */
type OnNotAccepted = (session: Session, rejection: Reject, outcome: ChildOutcome) => void;

/** How a session began, if this listener has started it. */
interface Beginning {
  readonly ticket: Ticket;
  readonly onNotAccepted: OnNotAccepted;
  /** Its right to start a child (`handoff/start_queue.ts`); ended once the child is ready or dead. */
  readonly turn: Turn;
}

/** A session that runs or is being started. */
interface Session {
  readonly known: KnownSession;
  /** Null if an earlier listener has started it. */
  readonly beginning: Beginning | null;
  child: SessionChild;
  /** The caller socket, as long as another child may need to be started for it; null otherwise. */
  kept: CallerSocket | null;
  /** Sessions whose place it takes once it is proven. */
  readonly takesOver: readonly string[];
  /** Null if the caller proved itself before its session began, and for pulls and adopted sessions. */
  readonly place: UnprovenPlace | null;
  /** libsrt's socket ID of the connection; null until the caller was accepted. */
  socketId: number | null;
  /**
   * `now`: it begins when the caller is accepted. `later`: other callers wait, so the child was ordered to wait for its turn.
   * `begun`: it has begun, or the session has ended.
   */
  recording: "now" | "later" | "begun";
  /** The turn in which its recording begins; null before and after. */
  recordingTurn: Turn | null;
  replaced: boolean;
  /** Its connection is closed and its recording complete: it only waits for the commands that get its payload. */
  recorded: boolean;
  /** Its end in this listener. `refused`: it had not begun, and its caller was refused, or the call of a pull has failed. */
  readonly end: PromiseWithResolvers<SessionEndEvent | "refused" | "handed-over">;
  /** Called with the next answer to the order to begin a new file, and then removed. */
  readonly onCut: Set<(message: CutMessage) => void>;
  /** Absolute path of the file that is being written, or null. */
  file: string | null;
  /** The file of an earlier session that it continues, with the bytes that it had; null: none. */
  earlier: { readonly file: string; readonly bytes: number } | null;
  /** The recording of an ended session that was reserved for it; null: none. */
  readonly reserved: EndedFile | null;
}

/** A recording that a later session can continue. */
interface EndedFile {
  readonly file: string;
  /** When its session ended, in ms of a monotonic clock. */
  readonly endMs: number;
}

/** The result for sessions that were ended by ID or name. */
type EndedByName = EndedSessions & Pick<Extract<ControlAnswer, { readonly answer: "stop" }>, "unknown">;

/** The result for sessions that were ended. */
interface EndedSessions extends Pick<Extract<ControlAnswer, { readonly answer: "stop" }>, "ended" | "refused"> {
  /** Whether another listener has adopted some of them instead. */
  readonly areHandedOver: boolean;
}

/** The result for sessions whose new file was ordered by ID or name. */
type CutByName = Omit<Extract<ControlAnswer, { readonly answer: "cut" }>, "answer" | "pid">;

/** The answer of a child to the order to begin a new file. */
type CutMessage = Extract<ChildMessage, { readonly event: "cut" }>;

/** How long a new file may take: the search for its place takes up to 10 s (`cutter.ts`), and the disk may be slow. Our choice. */
const CUT_MS = 15_000;

/** There was no session, and the cause was not reported. */
const NOT_BEGUN: NotConnected = { rejection: LISTENER_STOPS, outcome: null };

/** Why a request for sessions that another listener has now cannot be carried out. */
export const HANDED_OVER_PROBLEM = "another srt-splitter takes the sessions; repeat the command";

/** All sessions of a run. */
export class Sessions {
  readonly #options: SessionsOptions;
  readonly #running = new Map<string, Session>();
  readonly #endings = new Set<Promise<void>>();
  /** Number of the last session; the next one gets a larger number. */
  #last: number;
  /** Number of the first session that this listener has started; null before. */
  #firstBegun: number | null = null;
  /** Numbers of the adopted sessions, including those that have ended. */
  readonly #adopted = new Set<number>();
  /** The last recording of each stream name, if it can be continued. */
  readonly #endedFiles = new BoundedMap<string, EndedFile>(MAX_ENDED_FILES);
  #isStopping = false;
  #isHandingOver = false;
  #stdoutSession: string | null = null;
  /** How often sessions that begin from now on report statistics, in ms; null: never. */
  statsIntervalMs: number | null;

  constructor(options: SessionsOptions) {
    this.#options = options;
    this.#last = options.lastNumber;
    this.statsIntervalMs = options.session.statsIntervalMs;
  }

  /** The sessions of callers, in the form that admission needs. */
  get forAdmission(): readonly RunningSession[] {
    return this.#ofCallers().map(({ known: { session, caller, stream }, replaced, recorded }) => {
      return { session, ...caller, stream, ending: replaced || recorded };
    });
  }

  #ofCallers(): readonly Session[] {
    return [...this.#running.values()].filter(({ known: { pulled } }) => !pulled);
  }

  /** The session whose payload goes to stdout, or null. Once it ends as an attempt (without payload), stdout is free again. */
  get stdoutSession(): string | null {
    return this.#stdoutSession;
  }

  /** Hands a caller to a child, or returns why that is not possible. Ends the turn once the child is ready or dead. */
  begin(
    request: CallerRequest,
    { admit, passphrase, turn, place }: {
      readonly admit: Admit;
      readonly passphrase: string | null;
      readonly turn: Turn;
      readonly place: UnprovenPlace | null;
    },
  ): Reject | null {
    const { replaces, takesOver } = admit;
    const begun = this.#begin(callerOf(request), {
      ...{ terms: admit, passphrase, turn, place, replaces, takesOver },
      handOff: (start) => request.handOff(start),
      onNotAccepted: (session, rejection) => this.#reject(session, request, rejection),
    });
    if ("kind" in begun) return begun;
    for (const replaced of replaces) this.#replace(replaced);
    return null;
  }

  /**
   * Hands a socket to a child that calls an SRT listener with it, or returns why that is not possible. Ends the turn once the child
   * is ready or dead.
   *
   * @param call `socket`: connected to the listener; the caller of this method closes it.
   */
  beginPull(
    peer: TicketPeer,
    { socket, ...call }: Pick<TicketParts, "terms" | "passphrase"> & {
      readonly turn: Turn;
      readonly socket: CallerSocket;
    },
  ): PulledSession | Reject {
    let notConnected: NotConnected | null = null;
    const begun = this.#begin(peer, {
      ...{ ...call, place: null, replaces: [], takesOver: [] },
      handOff: (start) => start(socket),
      onNotAccepted: (_session, rejection, outcome) => notConnected = { rejection, outcome },
    });
    if ("kind" in begun) return begun;
    const end = begun.end.promise.then((end) => end === "refused" ? notConnected ?? NOT_BEGUN : end);
    return { session: begun.known.session, end };
  }

  #begin(
    peer: TicketPeer,
    { terms, passphrase, turn, place, replaces, takesOver, handOff, onNotAccepted }:
      & Pick<TicketParts, "terms" | "passphrase">
      & Pick<Admit, "replaces" | "takesOver">
      & Pick<Beginning, "turn" | "onNotAccepted">
      & Pick<Session, "place">
      & { readonly handOff: CallerRequest["handOff"] },
  ): Session | Reject {
    const { reporter, session: settings, control } = this.#options;
    const { statsIntervalMs } = this;
    this.#last += 1;
    this.#firstBegun ??= this.#last;
    const session = `s${this.#last}`;
    const stream = peer.streamId.name;
    const pulled = peer.call !== null;
    const reserved = this.#reserve({ stream, pulled });
    const rejoin = this.#rejoinOf(stream, { replaces, takesOver, reserved });
    const ticket = makeTicket(session, peer, { terms, passphrase, settings, statsIntervalMs, rejoin, control });
    let given: Pick<Session, "child" | "kept">;
    try {
      given = handOff((socket) => this.#give(ticket, socket));
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      this.#release({ stream, pulled }, reserved);
      const rejection = explainNotStarted(error, settings.out);
      turn.end({ kind: "died", text: rejection.text });
      return rejection;
    }
    const { child } = given;
    const { caller, sink } = ticket;
    if (sink.kind === "stdout") this.#stdoutSession = session;
    reporter.debug(`${session}: process ${child.pid} for ${caller.address} port ${caller.port}`);
    const begun: Session = {
      known: { ...ticket, pulled, sink: knownSink(sink) },
      beginning: { ticket, onNotAccepted, turn },
      ...given,
      takesOver,
      place,
      socketId: null,
      recording: "now",
      recordingTurn: null,
      replaced: false,
      recorded: false,
      end: Promise.withResolvers(),
      onCut: new Set(),
      file: null,
      earlier: null,
      reserved,
    };
    if (this.#options.starts.isCrowded) delayRecording(begun);
    this.#add(begun);
    return begun;
  }

  /** Adopts the session of a child that an earlier listener has started, or returns why it is not adopted. */
  adopt(introduction: Introduction, process: SessionProcess): string | null {
    const { start, sink, stats, callerSocketId, socketId, proven, recorded, files, durationMs } = introduction;
    const { session, caller, local, stream, pulled } = start;
    const number = sessionNumber(session);
    if (this.#isStopping) return "the listener stops";
    if (number === null || this.isUsed(number)) return `its session ID ${session} is in use`;
    this.#adopted.add(number);
    this.#last = Math.max(this.#last, number);
    const adopted: Session = {
      known: { session, caller, local, stream, pulled, callerSocketId, sink },
      beginning: null,
      child: SessionChild.adopted(process, introduction, this.#childOptions(session)),
      kept: null,
      takesOver: [],
      place: null,
      socketId: null,
      recording: "begun",
      recordingTurn: null,
      replaced: false,
      recorded,
      end: Promise.withResolvers(),
      onCut: new Set(),
      file: files.at(-1) ?? null,
      earlier: earlierOf(start),
      reserved: null,
    };
    const { event: _event, time: startTime, ...fields } = start;
    this.#options.reporter.report({
      event: "session-adopted",
      time: new Date().toISOString(),
      ...fields,
      file: files.at(-1) ?? null,
      start: startTime,
      durationMs,
      proven,
      files,
    });
    if (stats !== null) this.#options.reporter.report(stats);
    this.#add(adopted);
    if (!recorded) this.#noteAccepted(adopted, socketId);
    if (pulled && stream !== null) {
      const end = adopted.end.promise.then((end) => end === "refused" ? NOT_BEGUN : end);
      this.#options.onPullAdopted(stream, { session, end });
    }
    return null;
  }

  /** Returns the last recording of a stream if it ended a short time ago. No other session gets it until it is released. */
  #reserve(known: NamedSession): EndedFile | null {
    const { rejoinMs } = this.#options.session;
    const name = fileOwner(known);
    if (rejoinMs === null || name === null) return null;
    const ended = this.#endedFiles.get(name);
    this.#endedFiles.delete(name);
    return ended !== undefined && performance.now() - ended.endMs <= rejoinMs ? ended : null;
  }

  /** A later session can continue the recording that was reserved for a caller, because that caller was not accepted. */
  #release(known: NamedSession, reserved: EndedFile | null): void {
    const name = fileOwner(known);
    if (name === null || reserved === null || this.#endedFiles.has(name)) return;
    this.#endedFiles.put(name, reserved);
  }

  /** Returns the recording that a session of this stream continues: that of a session whose place it takes, or the reserved one. */
  #rejoinOf(
    stream: string | null,
    { replaces, takesOver, reserved }: Pick<Admit, "replaces" | "takesOver"> & Pick<Session, "reserved">,
  ): RejoinRequest | null {
    const { rejoinMs, out, checksum } = this.#options.session;
    if (rejoinMs === null || out === null || stream === null) return null;
    const running = [...replaces, ...takesOver].map((id) => this.#running.get(id))
      .findLast((session) => session?.known.stream === stream && session.file !== null);
    const file = running?.file ?? reserved?.file ?? null;
    if (file === null || !file.startsWith(`${out}/`)) return null;
    return { file, stream, checksum, waitMs: running === undefined ? ENDED_MS : RUNNING_MS };
  }

  /** Reports whether a session of this run has, or had, this number. */
  isUsed(number: number): boolean {
    return this.#adopted.has(number) ||
      (this.#firstBegun !== null && number >= this.#firstBegun && number <= this.#last);
  }

  #add(session: Session): void {
    this.#running.set(session.known.session, session);
    const ending = this.#run(session).finally(() => {
      session.end.resolve("refused"); // has no effect if its end was reported
      this.#endings.delete(ending);
    });
    this.#endings.add(ending);
  }

  /**
   * Gives the caller to a spare, or else to a child that is started now. With a spare, the listener keeps the socket too, because
   * the spare may have been killed while it waited.
   *
   * @throws {HandoffError}
   */
  #give(ticket: Ticket, socket: CallerSocket): Pick<Session, "child" | "kept"> {
    const spare = this.#options.spares.take(ticket, socket);
    if (spare === null) return { child: this.#startChild(ticket, socket), kept: null };
    return { child: this.#childOf(spare, ticket), kept: socket.duplicate() };
  }

  /** @throws {HandoffError} */
  #startChild(ticket: Ticket, socket: CallerSocket): SessionChild {
    const process = this.#options.startChild();
    process.giveTicket(ticket, socket); // if the process has ended, its outcome reports that
    return this.#childOf(process, ticket);
  }

  #childOf(process: ChildProcess, ticket: Ticket): SessionChild {
    const { deadlines = CHILD_DEADLINES, ...options } = this.#childOptions(ticket.session);
    const callMs = ticket.call === null ? 0 : ticket.acceptTimeoutMs;
    const acceptedMs = deadlines.acceptedMs + callMs;
    return SessionChild.withTicket(process, ticket, { ...options, deadlines: { ...deadlines, acceptedMs } });
  }

  #childOptions(session: string): SessionChildOptions {
    const { childDeadlines: deadlines, reporter } = this.#options;
    const onText = (text: string) => reporter.warn(`${session}: ${text}`);
    return { onText, ...(deadlines === undefined ? {} : { deadlines }) };
  }

  /** Number of connections whose recordings have not begun. */
  get waitingRecordings(): number {
    const isWaiting = ({ socketId, recording }: Session) => socketId !== null && recording !== "begun";
    return this.#running.values().filter(isWaiting).reduce((sum) => sum + 1, 0);
  }

  /** Delays the recordings that have not begun, because callers wait for processes. */
  delayRecordings(): void {
    for (const session of this.#running.values()) if (session.socketId === null) delayRecording(session);
  }

  /** Ends all sessions cleanly. Settles when all have ended and are reported. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { child } of this.#running.values()) child.stop();
    while (this.#endings.size > 0) await Promise.all(this.#endings);
  }

  /**
   * Hands the sessions over to the next listener: those that run now, and the others once they have started. Settles when each has
   * left or ended. Call it again after more have begun.
   */
  async handOver(): Promise<void> {
    this.#isHandingOver = true;
    for (const { child, known } of this.#running.values()) {
      if (child.hasStarted) child.handOver();
      else if (known.pulled) child.stop(); // the next listener calls, too
    }
    while (this.#endings.size > 0) await Promise.all(this.#endings);
  }

  /** Number of the last session. */
  get lastNumber(): number {
    return this.#last;
  }

  /** Gives new sessions larger numbers than this one from now on. */
  skipNumbers(lastNumber: number): void {
    this.#last = Math.max(this.#last, lastNumber);
  }

  /** Ends the session with this ID cleanly, if it runs. */
  stopSession(session: string): void {
    this.#running.get(session)?.child.stop();
  }

  /** Ends these sessions cleanly because their disk is almost full. Sessions that have ended are skipped. */
  endFull(sessions: readonly string[]): void {
    for (const session of sessions) this.#running.get(session)?.child.endFull();
  }

  /**
   * Ends the running sessions with these IDs or stream names. Settles when they have ended.
   *
   * @returns Their ends, the IDs of those whose callers were refused, and the IDs and names for which no session runs. A pulled
   * session that had not begun is in none of them.
   */
  async endNamed(wanted: readonly string[]): Promise<EndedByName> {
    const { meant, unknown } = this.#named(wanted);
    return { ...await this.#end(meant), unknown };
  }

  /**
   * Ends the sessions of the callers that `isMeant` selects. Settles when they have ended. `pulled` of the result: IDs of the
   * sessions that it selects too, and that continue because they have no caller.
   */
  async endOf(
    isMeant: (caller: BannedCaller) => boolean,
  ): Promise<EndedSessions & { readonly pulled: readonly string[] }> {
    const meant = [...this.#running.values()].filter(({ known: { caller: { address }, stream } }) => {
      return isMeant({ address, stream });
    });
    const pulled = meant.flatMap(({ known: { session, pulled } }) => pulled ? [session] : []);
    return { ...await this.#end(meant.filter(({ known }) => !known.pulled)), pulled };
  }

  async #end(sessions: readonly Session[]): Promise<EndedSessions> {
    for (const { child } of sessions) child.stop();
    const ends = await Promise.all(sessions.map(({ end }) => end.promise));
    const refused = sessions.filter(({ known }, index) => ends[index] === "refused" && !known.pulled)
      .map(({ known }) => known.session);
    return {
      ended: ends.filter((end) => typeof end === "object"),
      refused,
      areHandedOver: ends.includes("handed-over"),
    };
  }

  /** Begins a new file of the running sessions with these IDs or stream names. Settles when each has begun or cannot begin. */
  async cutNamed(wanted: readonly string[]): Promise<CutByName> {
    const { meant, unknown } = this.#named(wanted);
    const results = await Promise.all(
      meant.map(async (session) => ({ ...session.known, ...await this.#cut(session) })),
    );
    const cut = results.flatMap(({ session, stream, file, previous }) =>
      file === null || previous === null ? [] : [{ session, stream, file, previous }]
    );
    const failed = results.flatMap(({ session, stream, problem }) =>
      problem === null ? [] : [{ session, stream, problem }]
    );
    return { cut, failed, unknown };
  }

  async #cut(session: Session): Promise<Omit<CutMessage, "event">> {
    const { known: { pulled }, child, end, onCut } = session;
    const { promise, resolve } = Promise.withResolvers<CutMessage>();
    onCut.add(resolve);
    if (!child.cut()) resolve(notCut(whyNotBegun(session)));
    const ended = end.promise.then((result) =>
      notCut(result === "handed-over" ? HANDED_OVER_PROBLEM : "it ended before a new file was due")
    );
    const answer = await withDeadline(Promise.race([promise, ended]), CUT_MS);
    onCut.delete(resolve);
    if (answer !== "late") return answer;
    return notCut(
      `no new file has begun within ${CUT_MS / 1000} s: its ${pulled ? "listener" : "caller"} sends nothing, ` +
        "or the disk is slow; " +
        "it begins as soon as that is possible",
    );
  }

  /** Finds the running sessions with these IDs or stream names, and the names for which there is none. */
  #named(wanted: readonly string[]): { readonly meant: readonly Session[]; readonly unknown: readonly string[] } {
    const running = [...this.#running.values()];
    const isMeant = ({ known: { session, stream } }: Session, name: string) => session === name || stream === name;
    const meant = running.filter((session) => wanted.some((name) => isMeant(session, name)));
    return { meant, unknown: wanted.filter((name) => !running.some((session) => isMeant(session, name))) };
  }

  /** Kills all children; what they had written stays. */
  kill(): void {
    this.#isStopping = true;
    for (const { child } of this.#running.values()) child.kill();
  }

  /** One session's life, from its child's start to the report of its end. */
  async #run(session: Session): Promise<void> {
    const { known, beginning } = session;
    let outcome = await this.#followChild(session);
    if (outcome.kind === "crashed" && this.#startAgain(session)) outcome = await this.#followChild(session);
    this.#closeKeptSocket(session);
    const { child } = session;
    if (outcome.kind !== "handed-over" && !known.pulled) this.#repeatShutdown(session, outcome);
    noteBegun(session);
    if (outcome.kind !== "handed-over") await child.textRead(); // the stderr of a handed-over child stays open
    this.#running.delete(known.session);
    session.place?.leave(performance.now());
    if (session.socketId !== null && !known.pulled) this.#options.door.unfollow(session.socketId);
    // once it is connected, a session ends with the crash of its child, even if it has not reported its start
    const isLost = session.socketId !== null && outcome.kind === "crashed";
    const rejection = isLost ? null : explainNotAccepted(outcome, { output: child.earlyText, pulled: known.pulled });
    beginning?.turn.end(
      rejection !== null && outcome.kind === "crashed" ? { kind: "died", text: rejection.text } : { kind: "ready" },
    );
    if (rejection === null || beginning === null) {
      if (beginning !== null && outcome.kind === "crashed" && outcome.started === null) {
        this.#release(known, session.reserved);
        this.#options.reporter.report(startOfCrash(beginning.ticket, child.pid));
      }
      return await this.#reportEnd(session, outcome);
    }
    this.#release(known, session.reserved);
    this.#stdoutSession = null;
    for (const line of child.earlyText) this.#options.reporter.debug(`${known.session}: ${line}`);
    beginning.onNotAccepted(session, rejection, outcome);
  }

  async #followChild(session: Session): Promise<ChildOutcome> {
    for await (const message of session.child.messages()) this.#handle(session, message);
    return await session.child.ended();
  }

  /** Starts another child if the session's was a spare that died before it could take the caller over. */
  #startAgain(session: Session): boolean {
    const { beginning, kept } = session;
    if (kept === null || beginning === null || this.#isStopping) return false;
    const { ticket } = beginning;
    try {
      session.child = this.#startChild(ticket, kept);
      if (session.recording === "later") session.child.delayRecording();
    } catch (error) {
      if (!(error instanceof HandoffError)) throw error;
      return false; // the outcome of the spare is reported
    }
    this.#options.reporter.debug(`${ticket.session}: its spare has died; process ${session.child.pid} takes its place`);
    this.#closeKeptSocket(session);
    return true;
  }

  #closeKeptSocket(session: Session): void {
    session.kept?.close();
    session.kept = null;
  }

  #handle(session: Session, message: ChildMessage): void {
    const { reporter } = this.#options;
    switch (message.event) {
      case "session-start":
        noteBegun(session);
        noteFile(session, message);
        reporter.report(message);
        if (this.#isHandingOver) session.child.handOver();
        return;
      case "segment":
        noteFile(session, message);
        return reporter.report(message);
      case "stats":
      case "no-data":
      case "data-again":
      case "missing":
        return reporter.report(message);
      case "proven":
        return this.#prove(session);
      case "stranger": {
        const { known: { session: id, caller, local } } = session;
        const refused = refusedCaller({ caller, local }, this.#options.identify(message.streamId), null);
        return this.#options.refusals.add(sharedPortRefusal(refused, `session ${id}`));
      }
      case "accepted":
        this.#noteAccepted(session, message.socketId);
        if (session.recording === "later") void this.#recordInTurn(session);
        return;
      case "payload":
        return session.place?.prove(performance.now());
      case "recorded":
        session.recorded = true;
        this.#keepFile(session.known, session.file);
        return;
      case "cut":
        for (const resolve of session.onCut) resolve(message);
        return session.onCut.clear();
      case "recording-failed":
        return this.#options.folder?.requireTrial();
      case "ready":
        this.#closeKeptSocket(session);
        return session.beginning?.turn.end({ kind: "ready" });
      case "waiting":
      case "warning": // it has arrived through `onText`
      case "not-accepted": // the outcome has it
      case "session-end": // the outcome has it
      case "alive":
        return;
      default:
        message satisfies never;
    }
  }

  /**
   * Sends a SHUTDOWN to a caller that may not have received libsrt's: now if it was cut off, otherwise only if it still sends.
   */
  #repeatShutdown(session: Session, outcome: ChildOutcome): void {
    if (isCutOff(session, outcome)) return this.#options.door.shutDown(endedSession(session));
    // a caller that closed may have called again from the same port: a SHUTDOWN would disturb that call
    const isClosed = outcome.kind === "ended" && outcome.event.reason === "caller-closed";
    if (!isClosed) this.#options.door.shutDownIfHeard(endedSession(session));
  }

  /** Notes that the caller was accepted, and ends the session if its packets arrive from another port. */
  #noteAccepted(session: Session, socketId: number): void {
    const { known: { caller, callerSocketId, pulled }, child } = session;
    session.socketId = socketId;
    session.place?.accept(performance.now());
    if (!pulled) this.#options.door.follow(socketId, { caller, callerSocketId, onMoved: () => child.endMoved() });
  }

  /** Orders a session whose recording is delayed to begin it when no caller waits. After a while, it begins without the order. */
  async #recordInTurn(session: Session): Promise<void> {
    const turn = await this.#options.starts.turnToRecord();
    if (turn === null) return; // the listener stops
    if (session.recording === "begun") return turn.end({ kind: "recording" });
    session.recordingTurn = turn;
    session.child.record();
  }

  /** Handles the report that the caller has proven to be real. */
  #prove({ known: { session, stream, caller }, takesOver, place }: Session): void {
    place?.prove(performance.now());
    this.#options.reporter.report({ event: "session-proven", time: new Date().toISOString(), session, stream });
    for (const other of takesOver) {
      const replaced = this.#replace(other);
      if (replaced !== null && stream !== null) {
        this.#options.onTakeOver({ stream, from: replaced.known.caller, by: caller });
      }
    }
  }

  /**
   * Orders a session to end because another one takes its place. It is not counted from now on.
   *
   * @returns The session, or null if it has ended or was replaced before.
   */
  #replace(id: string): Session | null {
    const session = this.#running.get(id);
    if (session === undefined || session.replaced || session.recorded) return null;
    session.replaced = true;
    session.child.replace();
    return session;
  }

  async #reportEnd(
    { known, earlier, recorded, end: { resolve } }: Session,
    outcome: ChildOutcome,
  ): Promise<void> {
    if (outcome.kind === "handed-over") return resolve(outcome.kind);
    if (outcome.kind === "not-accepted") return;
    const end = outcome.kind === "ended" ? outcome.event : await this.#endOfCrash(outcome, { ...known, earlier });
    // the sidecar of a session that has crashed is not complete
    if (!recorded && end.reason !== "crashed") this.#keepFile(known, end.file);
    this.#options.reporter.report(end);
    resolve(end);
    if (end.attempt && this.#stdoutSession === known.session) this.#stdoutSession = null;
  }

  /** Remembers the last file of a session that has ended, so that a later one can continue it. */
  #keepFile({ sink, ...known }: KnownSession, file: string | null): void {
    const name = fileOwner(known);
    if (this.#options.session.rejoinMs === null || name === null || file === null || !sink.sidecar) return;
    this.#endedFiles.put(name, { file, endMs: performance.now() });
  }

  #endOfCrash(
    outcome: Extract<ChildOutcome, { readonly kind: "crashed" }>,
    { earlier, ...known }: KnownSession & Pick<Session, "earlier">,
  ): Promise<SessionEndEvent> {
    const { deletedBytes } = this.#options;
    return sessionEndOfCrash(outcome, known, {
      sizeOf: async (file) => {
        const bytes = deletedBytes(file) ?? await fileBytes(file);
        return earlier?.file === file ? Math.max(0, bytes - earlier.bytes) : bytes;
      },
    });
  }

  /** Rejects a caller that its child did not accept. */
  #reject(session: Session, { conclusion, streamId }: CallerRequest, rejection: Reject): void {
    const { refusals, door } = this.#options;
    const { known } = session;
    door.send(encodeRejection(conclusion.handshake, rejection.reason), known);
    door.shutDown(endedSession(session)); // a caller that libsrt has accepted ignores the rejection
    refusals.add({ ...refusedCaller(known, streamId, conclusion.srtVersion), ...rejection });
  }
}

/** The part of a session that its recordings are remembered by. */
type NamedSession = Pick<KnownSession, "stream" | "pulled">;

/** Returns the name under which a recording is remembered, so that no caller continues that of a pull; null: none. */
function fileOwner({ stream, pulled }: NamedSession): string | null {
  return stream !== null && pulled ? `\0${stream}` : stream; // no stream name has a control character
}

function delayRecording(session: Session): void {
  session.recording = "later";
  session.child.delayRecording();
}

/** Notes that the recording of a session has begun, or will not begin any more. */
function noteBegun(session: Session): void {
  session.recording = "begun";
  session.recordingTurn?.end({ kind: "recording" });
  session.recordingTurn = null;
}

/** Returns why there is no file yet. */
function whyNotBegun({ known: { pulled }, socketId }: Session): string {
  if (socketId !== null) return "its recording has not begun yet; try again in a few seconds";
  return pulled ? "its listener has not answered yet" : "its caller is not connected yet";
}

function notCut(problem: string): CutMessage {
  return { event: "cut", file: null, previous: null, problem };
}

function noteFile(session: Session, message: Pick<SessionStartEvent, "file" | "earlierBytes">): void {
  session.file = message.file;
  session.earlier ??= earlierOf(message);
}

function earlierOf({ file, earlierBytes }: Pick<SessionStartEvent, "file" | "earlierBytes">): Session["earlier"] {
  return file === null || earlierBytes === 0 ? null : { file, bytes: earlierBytes };
}

/** Reports whether no SHUTDOWN has reached the caller. */
function isCutOff({ socketId }: Session, outcome: ChildOutcome): boolean {
  if (outcome.kind === "ended") return outcome.event.reason === "silence";
  return outcome.kind === "crashed" && (outcome.started !== null || socketId !== null);
}

function endedSession({ known: { caller, local, callerSocketId, stream }, socketId }: Session): EndedSession {
  return { caller, local, callerSocketId, socketId, stream, srtVersion: null };
}
