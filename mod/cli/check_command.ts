/**
 * The `check` command: is a configuration file fine, and who gets in by it?
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

import { parseAddressRange } from "../admission/address_range.ts";
import { listenCommand } from "./listen_command.ts";
import type { ListenEnvironment } from "./listen_environment.ts";
import type { ListenSettings } from "./listen_settings.ts";
import { UsageError } from "./usage_error.ts";

const EXAMPLES = `
Examples:
  srt-splitter check --config splitter.toml
  srt-splitter check --config splitter.toml --stream cam1 --from 192.0.2.7

Nothing is made or changed, so it cannot tell whether this user may write to
what the file names, whether the port is free and whether libsrt can be loaded.

Exit codes:
  0 fine, and the caller gets in  1 the caller is refused  2 the file is not fine`;

/** A caller that is only thought of. */
export interface CheckQuestion {
  /** Its whole stream ID; empty: none. */
  readonly streamId: string;
  /** Its numeric address. */
  readonly from: string;
}

/** Makes the `check` command; `done` is given the settings of the file when it was parsed. */
export function checkCommand(
  env: ListenEnvironment,
  done: (settings: ListenSettings, question: CheckQuestion | null) => void,
): CommandUnknownOpts {
  const command = new Command("check")
    .description("Reads a configuration file as listen would, and says who gets in by it.")
    .option("-c, --config <file>", "the TOML file to check")
    .option("--stream <id>", 'stream ID of a caller: cam1, "#!::r=cam1,u=anna"; without it none')
    .option("--from <address>", "numeric address of that caller")
    .addHelpText("after", EXAMPLES);
  command.action(({ config, stream, from }) => {
    // not commander's requiredOption: that would not tell of a mistyped --confg, nor of a file without its option
    if (config === undefined) {
      throw new UsageError("there is no file to check", {
        hint: "Name one: srt-splitter check --config splitter.toml",
      });
    }
    const question = stream === undefined && from === undefined ? null : questionOf(stream, from);
    listenCommand(env, (settings) => done(settings, question)).parse(["--config", config], { from: "user" });
  });
  return command;
}

function questionOf(stream: string | undefined, from: string | undefined): CheckQuestion {
  if (from === undefined) {
    throw new UsageError("cannot say who gets in without an address", {
      hint: "Add the caller's numeric address: --from 192.0.2.7",
    });
  }
  try {
    if (from.includes("/")) throw new RangeError(`${JSON.stringify(from)} is a range`);
    parseAddressRange(from);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`cannot use --from: ${cause.message}`, {
      hint: "Give one numeric address, such as 192.0.2.7 or 2001:db8::7.",
      cause,
    });
  }
  return { streamId: stream ?? "", from };
}
