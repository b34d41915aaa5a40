/**
 * Reads a listener that is called and recorded, such as `srt://192.0.2.9:9000?streamid=cam1&passphrase-file=secret.txt`.
 *
 * @module
 */

import { parseStreamName } from "../admission/name_pattern.ts";
import type { Pull } from "../listener/pull.ts";
import { parseStreamId } from "../packet/stream_id.ts";
import { type CallerAddress, parseCall, PASSPHRASE_FILE } from "./caller_address.ts";
import { hidingValue } from "./command_template.ts";
import { parsePassphraseFile, type PassphraseSource, readPlacedPassphrase } from "./passphrase.ts";
import { type Place, UsageError, ValueError } from "./usage_error.ts";

/** A listener as it was given. */
export interface PullTarget extends CallerAddress {
  /** The stream name of its sessions. */
  readonly name: string;
  /** Null: not encrypted. */
  readonly passphrase: PassphraseSource | null;
  /** That of its address. */
  readonly place: Place;
}

/** Reads a listener. Errors quote nothing of its query that may be a secret. @throws {UsageError} */
export function parsePull(text: string, place: Place): PullTarget {
  const { call, taken } = parseCall(text, ["name", PASSPHRASE_FILE]);
  return hidingValue(() => {
    const [name, file] = [taken.get("name"), taken.get(PASSPHRASE_FILE)];
    return {
      ...call,
      place,
      name: name === undefined ? defaultName(call) : parsePullName(name),
      passphrase: file === undefined ? null : parsePassphraseFile(file, place),
    };
  }, place);
}

/** Reads the name of a pull. @throws {ValueError} */
export function parsePullName(text: string): string {
  try {
    return parseStreamName(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const [problem = "", hint = ""] = cause.message.split("; ");
    throw new ValueError(problem, { hint, cause });
  }
}

/** Throws if two pulls have the same name. @throws {UsageError} */
export function refuseSameNames(pulls: readonly PullTarget[]): void {
  const names = pulls.map(({ name }) => name);
  const repeated = names.find((name, index) => names.indexOf(name) !== index);
  if (repeated === undefined) return;
  throw new UsageError(`cannot call two listeners with the same name ${JSON.stringify(repeated)}`, {
    hint: "give one of them another name: name=cam2 in its address, or name in its [[pull]] table",
  });
}

/** The listeners to call, with their passphrases. */
export interface PreparedPulls {
  readonly pulls: readonly Pull[];
  /** About passphrase files, without repeats. */
  readonly warnings: readonly string[];
}

/**
 * Reads the passphrases of pulls, and returns what is called.
 *
 * @param options `again`: whether this run has read them before; a pipe is empty then.
 * @throws {UsageError}
 */
export function preparePulls(
  targets: readonly PullTarget[],
  options: { readonly again?: boolean } = {},
): PreparedPulls {
  const warnings = new Set<string>();
  const pulls = targets.map(({ passphrase: source, place: _, ...call }): Pull => {
    const passphrase = source === null ? null : readPlacedPassphrase(source, options);
    for (const warning of passphrase?.warnings ?? []) warnings.add(warning);
    return { ...call, passphrase: passphrase?.value ?? null };
  });
  return { pulls, warnings: [...warnings] };
}

/**
 * Returns a number of up to nine digits for the listeners and names of a `record` command. Another `record` command with the same
 * listeners and names finds the first one by this number, or its sessions if it was killed. Other users can see the number, so
 * nothing of a stream ID counts except the name in it: the rest may be a secret.
 */
export async function recordNumber(targets: readonly Pick<PullTarget, "host" | "port" | "name">[]): Promise<number> {
  const texts = targets.map(({ host, port, name }) => JSON.stringify([host, port, name])).sort();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(texts)));
  return new DataView(digest).getUint32(0) % 1_000_000_000;
}

function defaultName({ host, port, streamId }: CallerAddress): string {
  return parseStreamId(streamId).name ?? `${host}_${port}`;
}
