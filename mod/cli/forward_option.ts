/**
 * Reads a target of `--forward`, such as `srt://192.0.2.9:9000?streamid={stream}&passphrase-file=secret.txt`.
 *
 * @module
 */

import type { ForwardTemplate } from "../recording/forward_template.ts";
import type { NamePart } from "../recording/name_template.ts";
import { canonicalIpv6 } from "./address.ts";
import { type CallerAddress, parseCall, PASSPHRASE_FILE } from "./caller_address.ts";
import { hidingValue } from "./command_template.ts";
import { parseParts } from "./name_template.ts";
import { readPassphrase } from "./passphrase.ts";
import { type Place, placedProblem, ValueError } from "./usage_error.ts";
import { parsePath } from "./values.ts";

/** A field. What is left of a stream ID without its fields must not contain a brace. */
const FIELD = /\{[^{}]*\}/g;

/** A target as it was given. */
export interface ForwardTarget extends Omit<CallerAddress, "streamId"> {
  /** Literal text and fields; null: none. */
  readonly streamId: readonly NamePart[] | null;
  /** Null: not encrypted. */
  readonly passphraseFile: string | null;
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
    passphraseFile: file === undefined ? null : parsePath(file, place),
  }), place);
}

/** Reads the passphrase of a target, and returns what sessions need, with warnings about its file. @throws {UsageError} */
export function prepareForward(
  { passphraseFile, ...call }: ForwardTarget,
  libsrt: string | null,
): { readonly template: ForwardTemplate; readonly warnings: readonly string[] } {
  const passphrase = passphraseFile === null
    ? null
    : readPassphrase({ kind: "file", file: passphraseFile, place: null });
  return {
    template: { ...call, passphrase: passphrase?.value ?? null, libsrt },
    warnings: passphrase?.warnings ?? [],
  };
}

/** Where this listener listens. */
export interface OwnAddress {
  readonly port: number;
  /** Numeric, without brackets. */
  readonly addresses: readonly string[];
}

/** The addresses that are called with these hosts. */
const LOOPBACK_ALIASES: ReadonlyMap<string, readonly string[]> = new Map([
  ["localhost", ["127.0.0.1", "::1"]],
  ["0.0.0.0", ["127.0.0.1"]],
  ["::", ["::1"]],
]);

/** Throws if the target of a call is this listener itself. @throws {ValueError} */
export function refuseCallToSelf({ host, port }: Pick<ForwardTarget, "host" | "port">, own: OwnAddress): void {
  const canonical = canonicalIpv6(host) ?? host.toLowerCase();
  const target = mappedIpv4(canonical) ?? canonical;
  const called = LOOPBACK_ALIASES.get(target) ?? [target];
  if (port !== own.port || !called.some((address) => own.addresses.includes(address))) return;
  throw new ValueError("its target is this listener itself", { hint: "name another listener" });
}

/** Returns the IPv4 address in a canonical IPv6 address such as `::ffff:7f00:1`; null: there is none. */
function mappedIpv4(address: string): string | null {
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(address) ?? [];
  if (high === undefined || low === undefined) return null;
  return [high, low].map((group) => parseInt(group, 16)).flatMap((group) => [group >> 8, group & 0xff]).join(".");
}

function parseStreamId(text: string): readonly NamePart[] {
  if (/[{}]/.test(text.replace(FIELD, ""))) {
    throw new ValueError("its stream ID has a brace that belongs to no field", {
      hint: "write fields as {stream}; a stream ID with other braces cannot be sent",
    });
  }
  return parseParts(text, "{stream}");
}
