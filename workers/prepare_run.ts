/**
 * Prepares a run of `listen` or `record`: reads the files that its settings name, and checks programs and addresses. `check` does
 * the same, so nothing is started, created or changed here.
 *
 * @module
 */

import type { AdmissionPolicy } from "../mod/admission/policy.ts";
import { type OwnAddress, prepareForward, refuseCallToSelf } from "../mod/cli/forward_option.ts";
import { lastGiven } from "../mod/cli/given.ts";
import { readWebhookSecret } from "../mod/cli/hook_option.ts";
import { type ListenSettings, placedItems } from "../mod/cli/listen_settings.ts";
import { makePolicy } from "../mod/cli/make_policy.ts";
import { preparePulls, recordNumber } from "../mod/cli/pull_option.ts";
import { atPlace, ValueError } from "../mod/cli/usage_error.ts";
import { readWebToken } from "../mod/cli/web_option.ts";
import { type ListenScope, localAddresses } from "../mod/door/local_addresses.ts";
import type { HookRules } from "../mod/hooks/contract.ts";
import type { Pull } from "../mod/listener/pull.ts";
import type { Libc } from "../mod/os/libc.ts";
import { ownEnvironment } from "../mod/os/own_process.ts";
import { isProgram, type Program } from "../mod/os/spawn.ts";
import type { ForwardTemplate } from "../mod/recording/forward_template.ts";

/** Where programs are searched for, and what they get. */
export type ProgramPlace = Omit<Program, "args">;

/** What a run needs, from its settings and the files that they name. */
export interface PreparedRun {
  readonly scope: ListenScope;
  readonly policy: AdmissionPolicy;
  readonly pulls: readonly Pull[];
  readonly forwards: readonly ForwardTemplate[];
  readonly hooks: HookRules;
  /** The key of the webhook; null: none. */
  readonly webhookSecret: string | null;
  readonly programs: ProgramPlace;
  /** About files, without repeats. */
  readonly warnings: readonly string[];
}

/** Reads and checks what the settings name. @throws {UsageError} */
export async function prepareRun(settings: ListenSettings, libc: Libc): Promise<PreparedRun> {
  const scope = await scopeOf(settings);
  const own = ownAddress(scope, settings.port);
  const programs = { environment: ownEnvironment(libc), folder: Deno.cwd() };
  const made = makePolicy(settings);
  refusePullsFromSelf(settings.pulls, own);
  const prepared = preparePulls(settings.pulls);
  const forwards = placedItems(settings, "forwards").map(({ value, place }) =>
    atPlace(place, () => {
      refuseCallToSelf(value, own);
      return prepareForward(value, settings.libsrt);
    })
  );
  for (const { value, place } of placedItems(settings, "commands")) {
    atPlace(place, () => requireProgram(value, programs));
  }
  const hooks = hookRules(settings, programs);
  const webhookSecret = readFileOf(settings, "webhookSecretFile", readWebhookSecret);
  readFileOf(settings, "webTokenFile", readWebToken); // the web process reads it again
  const warnings = [made, prepared, ...forwards].flatMap(({ warnings }) => warnings);
  return {
    scope,
    policy: made.policy,
    pulls: prepared.pulls,
    forwards: forwards.map(({ template }) => template),
    hooks,
    webhookSecret,
    programs,
    warnings: [...new Set(warnings)],
  };
}

/** Returns where this listener listens. */
export function ownAddress(scope: ListenScope, port: number): OwnAddress {
  return { port, addresses: localAddresses(scope, Deno.networkInterfaces()) };
}

/** @throws {UsageError} A [[pull]] table has the address of this listener itself. */
export function refusePullsFromSelf(pulls: ListenSettings["pulls"], own: OwnAddress): void {
  for (const pull of pulls) atPlace(pull.place, () => refuseCallToSelf(pull, own));
}

/** Returns the hooks, and the limits of their commands. @throws {UsageError} A program does not exist. */
export function hookRules(settings: ListenSettings, programs: ProgramPlace): HookRules {
  const { hooks, hooksAtOnce, hookTimeoutMs } = settings;
  for (const { value: { command }, place } of placedItems(settings, "hooks")) {
    atPlace(place, () => requireProgram(command, programs));
  }
  return { hooks, atOnce: hooksAtOnce, timeoutMs: hookTimeoutMs };
}

/** @throws {ValueError} The program of a command does not exist. */
function requireProgram([program = []]: readonly (readonly unknown[])[], programs: ProgramPlace): void {
  const name = program.join("");
  if (isProgram(name, programs)) return;
  throw new ValueError(`there is no program ${JSON.stringify(name)}`, {
    hint: "install it, name it with its path, or make it executable (chmod +x); to use a shell, write sh -c '...'",
  });
}

/** Reads the secret in the file that a setting names; null: it names none. @throws {UsageError} */
function readFileOf(
  settings: ListenSettings,
  setting: "webhookSecretFile" | "webTokenFile",
  read: (path: string) => string,
): string | null {
  const path = settings[setting];
  return path === null ? null : atPlace(lastGiven(settings.given, setting).place, () => read(path));
}

async function scopeOf({ host, family, listens, pulls }: ListenSettings): Promise<ListenScope> {
  if (!listens) return { kind: "none", number: await recordNumber(pulls) };
  if (host !== null) return { kind: "one", address: host };
  if (family === null) return { kind: "every" };
  return { kind: family === "IPv4" ? "every-ipv4" : "every-ipv6" };
}
