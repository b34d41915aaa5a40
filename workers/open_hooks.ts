/**
 * Opens the hooks of a run.
 *
 * @module
 */

import type { ListenSettings } from "../mod/cli/listen_settings.ts";
import { checkSameExecutable, hooksCommand } from "../mod/handoff/child_command.ts";
import type { HookProcess, HookProcessOptions } from "../mod/hooks/hook_process.ts";
import type { Libc } from "../mod/os/libc.ts";
import { ownVariables } from "../mod/os/own_process.ts";
import type { PreparedRun } from "./prepare_run.ts";

/** Variables that the hook process gets for `fetch`: certificates that it accepts. */
const TLS_VARIABLES = /^(?:DENO_CERT|DENO_TLS_CA_STORE)$/;

/** Starts the hook process. */
type StartHooks = (reporter: Pick<HookProcessOptions, "warn" | "debug">) => HookProcess;

/** Loads what hooks need. Returns null if there are none, and no configuration file that may add some later. */
export async function openHooks(
  { webhook, hooks, config }: Pick<ListenSettings, "webhook" | "hooks" | "config">,
  { hooks: rules, webhookSecret: secret, programs }: PreparedRun,
  libc: Libc,
): Promise<StartHooks | null> {
  if (webhook === null && hooks.length === 0 && config === null) return null;
  const { HookProcess } = await import("../mod/hooks/hook_process.ts"); // its modules are not needed without hooks
  return (reporter) =>
    new HookProcess(rules, {
      ...programs,
      ...reporter,
      webhook: webhook === null ? null : { url: webhook, secret },
      command: commandFor(webhook, libc),
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
