/**
 * Reads a target of `--forward`, such as `srt://192.0.2.9:9000?streamid={stream}&passphrase-file=secret.txt`.
 *
 * @module
 */

import type { ForwardTemplate } from "../recording/forward_template.ts";
import type { NamePart } from "../recording/name_template.ts";
import { type CallerAddress, parseCall, PASSPHRASE_FILE } from "./caller_address.ts";
import { hidingValue } from "./command_template.ts";
import { parseParts } from "./name_template.ts";
import { parsePassphraseFile, type PassphraseFile, readPassphrase } from "./passphrase.ts";
import { type Place, placedProblem, UsageError, ValueError } from "./usage_error.ts";

/** A field. What is left of a stream ID without its fields must not contain a brace. */
const FIELD = /\{[^{}]*\}/g;

/** A target as it was given. */
export interface ForwardTarget extends Omit<CallerAddress, "streamId"> {
  /** Literal text and fields; null: none. */
  readonly streamId: readonly NamePart[] | null;
  /** Null: not encrypted. */
  readonly passphraseFile: PassphraseFile | null;
}

/** Reads a target. Errors do not quote its query, which may hold a secret. @throws {UsageError} */
export function parseForward(text: string, place: Place): ForwardTarget {
  if (/[{}]/.test(text.replace(/\?.*/s, ""))) {
    throw placedProblem(place, {
      problem: "its host has a field",
      hint: "use fields in streamid= only: callers must not choose the listener",
    });
  }
  const { call: { streamId, ...call }, taken } = parseCall(text, [PASSPHRASE_FILE]);
  const file = taken.get(PASSPHRASE_FILE);
  return hidingValue(() => ({
    ...call,
    streamId: streamId === null || streamId === "" ? null : parseStreamId(streamId),
    passphraseFile: file === undefined ? null : parsePassphraseFile(file, place),
  }), place);
}

/** Reads the passphrase of a target, and returns what sessions need, with warnings about its file. @throws {UsageError} */
export function prepareForward(
  { passphraseFile, ...call }: ForwardTarget,
  libsrt: string | null,
): { readonly template: ForwardTemplate; readonly warnings: readonly string[] } {
  const passphrase = passphraseFile === null ? null : readPassphrase(passphraseFile);
  return {
    template: { ...call, passphrase: passphrase?.value ?? null, libsrt },
    warnings: passphrase?.warnings ?? [],
  };
}

/** The address of this listener. */
export interface OwnAddress {
  readonly port: number;
  /** Null: every address of this machine. */
  readonly host: string | null;
  /** The addresses of this machine. */
  readonly addresses: readonly string[];
}

/** Throws if the target of a call is this listener itself. `option`: `--forward` or `[[pull]]`. @throws {UsageError} */
export function refuseCallToSelf(
  { host, port, option }: Pick<ForwardTarget, "host" | "port"> & { readonly option: string },
  own: OwnAddress,
): void {
  const isLocal = /^localhost$|^127\.|^::1$|^0\.0\.0\.0$|^::$/i.test(host) || own.addresses.includes(host);
  if (port !== own.port || !isLocal || (own.host !== null && own.host !== host && host !== "localhost")) return;
  throw new UsageError(`cannot use ${option}: its target is this listener itself`, {
    hint: "name another listener",
  });
}

function parseStreamId(text: string): readonly NamePart[] {
  if (/[{}]/.test(text.replace(FIELD, ""))) {
    throw new ValueError("its stream ID has a brace that belongs to no field", {
      hint: "write fields as {stream}; a stream ID with other braces cannot be sent",
    });
  }
  return parseParts(text, "{stream}");
}
