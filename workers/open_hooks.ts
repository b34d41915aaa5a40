/**
 * Prepares the hooks of a run.
 *
 * @module
 */

import { readWebhookSecret } from "../mod/cli/hook_option.ts";
import { lastGiven } from "../mod/cli/given.ts";
import { type ListenSettings, placedItems } from "../mod/cli/listen_settings.ts";
import { atPlace, ValueError } from "../mod/cli/usage_error.ts";
import { checkSameExecutable, hooksCommand } from "../mod/handoff/child_command.ts";
import type { Hook, HookRules } from "../mod/hooks/contract.ts";
import type { HookProcess, HookProcessOptions } from "../mod/hooks/hook_process.ts";
import type { Libc } from "../mod/os/libc.ts";
import { ownEnvironment, ownVariables } from "../mod/os/own_process.ts";
import { isProgram } from "../mod/os/spawn.ts";

/** Variables that the hook process gets for `fetch`: certificates that it accepts. */
const TLS_VARIABLES = /^(?:DENO_CERT|DENO_TLS_CA_STORE)$/;

/** What hooks need from settings. */
type HookSettings = Pick<
  ListenSettings,
  "hooks" | "hooksAtOnce" | "hookTimeoutMs" | "webhook" | "webhookSecretFile" | "config" | "given"
>;

/** The hooks of a run, before they are started. */
export interface PreparedHooks {
  /** Starts the hook process. */
  readonly start: (reporter: Pick<HookProcessOptions, "warn" | "debug">) => HookProcess;
  /** Checks changed settings and returns what applies from now on. @throws {UsageError} */
  readonly rulesOf: (settings: HookSettings) => HookRules;
}

/**
 * Checks the hooks. Returns null if there are none, and no configuration file that may add some later.
 *
 * @throws {UsageError} A program or the secret cannot be used.
 */
export async function prepareHooks(settings: HookSettings, libc: Libc): Promise<PreparedHooks | null> {
  const { webhook, webhookSecretFile, hooks, config } = settings;
  if (webhook === null && hooks.length === 0 && config === null) return null;
  const place = { environment: ownEnvironment(libc), folder: Deno.cwd() };
  const rulesOf = (settings: HookSettings): HookRules => {
    const { hooks, hooksAtOnce, hookTimeoutMs } = settings;
    for (const { value, place: at } of placedItems(settings, "hooks")) {
      atPlace(at, () => requireProgram(value.command, place));
    }
    return { hooks, atOnce: hooksAtOnce, timeoutMs: hookTimeoutMs };
  };
  const rules = rulesOf(settings);
  const secret = webhookSecretFile === null
    ? null
    : atPlace(lastGiven(settings.given, "webhookSecretFile").place, () => readWebhookSecret(webhookSecretFile));
  const { HookProcess } = await import("../mod/hooks/hook_process.ts"); // its modules are not needed without hooks
  return {
    rulesOf,
    start: (reporter) =>
      new HookProcess(rules, {
        ...place,
        ...reporter,
        webhook: webhook === null ? null : { url: webhook, secret },
        command: commandFor(webhook, libc),
      }),
  };
}

/** Throws if the program of a command does not exist. @throws {ValueError} */
export function requireProgram(
  [program = []]: ListenSettings["commands"][number] | Hook["command"],
  place: { readonly environment: readonly string[]; readonly folder: string },
): void {
  const name = program.join("");
  if (isProgram(name, place)) return;
  throw new ValueError(`there is no program ${JSON.stringify(name)}`, {
    hint: "install it, or name it with its path; to use a shell, write sh -c '...'",
  });
}

function commandFor(webhook: string | null, libc: Libc): HookProcessOptions["command"] {
  const { mainModule, build, env } = Deno;
  const self = { mainModule, standalone: build.standalone, execPath: Deno.execPath(), env: env.get.bind(env) };
  const command = hooksCommand(self, webhook === null ? null : addressOf(new URL(webhook)));
  return {
    ...command,
    environment: { ...command.environment, ...ownVariables(libc, TLS_VARIABLES) },
    ...(build.standalone ? { check: checkSameExecutable(Deno.execPath()) } : {}),
  };
}

/** Returns the address that `--allow-net` needs. */
function addressOf({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === "https:" ? 443 : 80)}`;
}
