/**
 * A reconnect storm: callers that are killed and started again each second, some with a wrong passphrase, the others all with one
 * stream name. They are made of datagrams, because a machine cannot start hundreds of processes a second.
 *
 * @module
 */

import { withDeadline } from "../../mod/os/deadline.ts";
import { HANDSHAKE_BYTES } from "../../mod/packet/header.ts";
import { bytes, CONCLUSION_KEY_16, CONCLUSION_SID, INDUCTION } from "../fixtures/handshakes.ts";
import { conclusionAfter, COOKIE_OFFSET, RawCaller, SOCKET_ID_OFFSET } from "./raw_caller.ts";

const OFFSET = { extension: 22, sequence: 24, type: 36 } as const;
const INDUCTION_TYPE = 1;
const CONCLUSION = 0xffff_ffff;
/** HSREQ, KMREQ and a stream ID. */
const ALL_BLOCKS = 7;
/** The block of the stream ID `locked` (each word reversed). */
const LOCKED_BLOCK = "00050002" + "6b636f6c" + "00006465";
/** End of the salt, in hexadecimal digits from the start of the KMREQ: 16 bytes of fixed fields, 16 of salt. */
const SALT_END = 2 * (16 + 16);
const LIFE_MS = 1000;
/** Data packets that a caller sends once it is accepted. */
const PACKETS = 5;

/** What the callers of a storm have in common. */
export interface StormOptions {
  readonly port: number;
  /** Callers of the stream `locked` with a wrong passphrase. */
  readonly wrong: number;
  /** Callers of the stream `abcde`. */
  readonly named: number;
}

/** A running storm; held by `await using`. */
export class Storm implements AsyncDisposable {
  readonly #running: Promise<unknown>;
  #stopped = false;
  /** Number of calls so far by the type of the last handshake that answered them; `none` for no answer. */
  readonly answers = new Map<string, number>();

  /** Starts it. */
  constructor({ port, wrong, named }: StormOptions) {
    const callers = [
      ...Array.from({ length: wrong }, (_, index) => () => lockedConclusion(index)),
      ...Array.from({ length: named }, () => () => CONCLUSION_SID),
    ];
    this.#running = Promise.all(callers.map((conclusion) => this.#callAgain(port, conclusion)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#running;
  }

  async #callAgain(port: number, conclusion: () => string): Promise<void> {
    await pause(Math.random() * LIFE_MS);
    while (!this.#stopped) {
      const startMs = performance.now();
      using caller = new RawCaller(port);
      const calling = call(caller, conclusion());
      const answer = await withDeadline(calling, LIFE_MS);
      calling.catch(() => {}); // it ends with the socket
      const type = answer === "late" ? "none" : String(answer);
      this.answers.set(type, (this.answers.get(type) ?? 0) + 1);
      await pause(Math.max(0, LIFE_MS - (performance.now() - startMs)));
    }
  }
}

/** Calls as libsrt does, sends some payload if it is accepted, and returns the type of the last handshake. */
async function call(caller: RawCaller, conclusion: string): Promise<number> {
  let answer = await ask(caller, bytes(INDUCTION));
  while (answer.getUint32(OFFSET.type) === INDUCTION_TYPE) { // repeated if the caller is challenged
    answer = await ask(caller, conclusionAfter(answer.getUint32(COOKIE_OFFSET), conclusion));
  }
  const type = answer.getUint32(OFFSET.type);
  for (let packet = 0; type === CONCLUSION && packet < PACKETS; packet += 1) {
    const data = new Uint8Array(16 + 188).fill(0x47);
    const view = new DataView(data.buffer);
    const sequence = answer.getUint32(OFFSET.sequence) + packet;
    [sequence, 0xe000_0001 + packet, packet * 1000, answer.getUint32(SOCKET_ID_OFFSET)].forEach((word, index) => {
      view.setUint32(index * 4, word);
    });
    await caller.send(data);
  }
  return type;
}

/**
 * Sends a handshake and returns the next one that arrives. Other packets, for a caller that had the same port before, are
 * skipped.
 */
async function ask(caller: RawCaller, handshake: Uint8Array<ArrayBuffer>): Promise<DataView<ArrayBuffer>> {
  await caller.send(handshake);
  while (true) {
    const answer = await caller.receive();
    if (answer.byteLength >= HANDSHAKE_BYTES) return answer;
  }
}

/** A CONCLUSION of the stream `locked` with a KMREQ of its own. */
function lockedConclusion(index: number): string {
  const salt = crypto.getRandomValues(new Uint32Array(1))[0] ?? index;
  const end = CONCLUSION_KEY_16.indexOf("122029") + SALT_END;
  const changed = CONCLUSION_KEY_16.slice(0, end - 8) + salt.toString(16).padStart(8, "0") +
    CONCLUSION_KEY_16.slice(end);
  const flags = OFFSET.extension * 2;
  return changed.slice(0, flags) + ALL_BLOCKS.toString(16).padStart(4, "0") + changed.slice(flags + 4) + LOCKED_BLOCK;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
