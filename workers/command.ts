/**
 * Runs the command of a command line. The modules of a command are loaded only for that command.
 *
 * @module
 */

import { licenseTexts } from "../mod/cli/about.ts";
import type { CommandLine } from "../mod/cli/command_line.ts";
import type { ConfigReader } from "../mod/cli/config_file.ts";
import type { Environment } from "../mod/cli/passphrase.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { ProblemError } from "../mod/report/problem.ts";
import type { EarlySearch } from "./find_libsrt.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** Runs the command and returns the exit code. */
export async function runCommandLine(args: readonly string[], process: RoleProcess, output: Output): Promise<number> {
  const env = environment();
  if (isVersionAlone(args) && !env.SRT_SPLITTER_LIBSRT) return await showVersion(null, output);
  const early = ["listen", "record"].includes(args[0] ?? "") ? await searchEarly(args, env) : null;
  const { parseCommandLine } = await import("../mod/cli/command_line.ts");
  const readConfig = await loadConfigReader(args);
  const parse = () => parseCommandLine(args, { env, readConfig });
  try {
    return await carryOut(parse(), { parse, process, output, early });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    output.error(error.text);
    return EXIT.usage;
  }
}

/** Reports whether only the version is requested. The option table, which is slow to load, is not needed then. */
function isVersionAlone([first = "", ...rest]: readonly string[]): boolean {
  return rest.length === 0 && ["--version", "-V", "version"].includes(first);
}

/** Loads the reader of configuration files, which is slow to load, if the arguments may name one. */
async function loadConfigReader(args: readonly string[]): Promise<ConfigReader> {
  if (args.some((argument) => /^-(?:-config|\w*c)/.test(argument))) {
    return (await import("../mod/cli/config_file.ts")).readConfigFile;
  }
  return () => {
    throw new TypeError("no argument names a configuration file");
  };
}

/** Starts the search for libsrt before the options are read, unless an option or the environment seems to name a libsrt. */
async function searchEarly(args: readonly string[], env: Environment): Promise<EarlySearch | null> {
  if (env.SRT_SPLITTER_LIBSRT || args.some((argument) => argument.startsWith("--libsrt"))) return null;
  const { EarlySearch } = await import("./find_libsrt.ts");
  return new EarlySearch();
}

async function showVersion(libsrt: string | null, output: Output): Promise<number> {
  const { runVersion } = await import("./version.ts");
  return await runVersion(libsrt, output);
}

async function carryOut(
  commandLine: CommandLine,
  { parse, process, output, early }: {
    readonly parse: () => CommandLine;
    readonly process: RoleProcess;
    readonly output: Output;
    readonly early: EarlySearch | null;
  },
): Promise<number> {
  const print = (text: string) => output.out.write(text);
  switch (commandLine.command) {
    case "listen":
    case "record": {
      const { runListen } = await import("./listen.ts");
      return await runListen(commandLine.settings, { parse, process, output, early });
    }
    case "send": {
      const { runSend } = await import("./send.ts");
      return await runSend(commandLine.settings, process, output);
    }
    case "inspect": {
      const { runInspect } = await import("./inspect.ts");
      return runInspect(commandLine.settings, print);
    }
    case "recover": {
      const { runRecover } = await import("./recover.ts");
      return runRecover(commandLine.settings, print);
    }
    case "sessions": {
      const { runSessions } = await import("./sessions.ts");
      return await runSessions(commandLine.settings, process, output);
    }
    case "stop": {
      const { runStop } = await import("./control.ts");
      return await runStop(commandLine.settings, output);
    }
    case "cut": {
      const { runCut } = await import("./control.ts");
      return await runCut(commandLine.settings, output);
    }
    case "ban": {
      const { runBan } = await import("./control.ts");
      return await runBan(commandLine.settings, output);
    }
    case "web": {
      const { runWeb } = await import("./web.ts");
      return await runWeb(commandLine.settings, process, output);
    }
    case "check": {
      const { runCheck } = await import("./check.ts");
      return await runCheck(commandLine, output);
    }
    case "completions": {
      const { completionScript } = await import("../mod/cli/completions.ts");
      print(completionScript(commandLine.shell));
      return EXIT.ok;
    }
    case "manual": {
      const { runManual } = await import("./manual.ts");
      return await runManual(commandLine.topic, output);
    }
    case "version":
      return await showVersion(commandLine.libsrt, output);
    case "licenses":
      print(await licenseTexts(Deno.build.standalone));
      return EXIT.ok;
    case "help": {
      const { helpText } = await import("../mod/cli/help.ts");
      print(helpText(commandLine.of));
      return EXIT.ok;
    }
    case "usage": {
      const { usageText } = await import("../mod/cli/help.ts");
      output.err.write(usageText());
      return EXIT.usage;
    }
    default:
      return commandLine satisfies never;
  }
}

function environment(): Environment {
  return {
    SRT_SPLITTER_PASSPHRASE: Deno.env.get("SRT_SPLITTER_PASSPHRASE"),
    SRT_SPLITTER_LIBSRT: Deno.env.get("SRT_SPLITTER_LIBSRT"),
  };
}
