/**
 * Carries out a command line. The modules of a command are loaded only for that command.
 *
 * @module
 */

import { licenseTexts } from "../mod/cli/about.ts";
import { type CommandLine, parseCommandLine } from "../mod/cli/command_line.ts";
import { EXIT } from "../mod/cli/exit_code.ts";
import { ProblemError } from "../mod/report/problem.ts";
import type { Output } from "./output.ts";
import type { RoleProcess } from "./process.ts";

/** Carries out the command line and returns the exit code. */
export async function runCommandLine(args: readonly string[], process: RoleProcess, output: Output): Promise<number> {
  const parse = () => parseCommandLine(args, environment());
  try {
    return await carryOut(parse(), { parse, process, output });
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    output.error(error.text);
    return EXIT.usage;
  }
}

async function carryOut(
  commandLine: CommandLine,
  { parse, process, output }: {
    readonly parse: () => CommandLine;
    readonly process: RoleProcess;
    readonly output: Output;
  },
): Promise<number> {
  const print = (text: string) => output.out.write(text);
  switch (commandLine.command) {
    case "listen": {
      const { runListen } = await import("./listen.ts");
      return await runListen(commandLine.settings, { parse, process, output });
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
    case "check": {
      const { runCheck } = await import("./check.ts");
      return runCheck(commandLine, output);
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
    case "version": {
      const { runVersion } = await import("./version.ts");
      return await runVersion(commandLine.libsrt, output);
    }
    case "licenses":
      print(await licenseTexts(Deno.build.standalone));
      return EXIT.ok;
    case "help":
      print(commandLine.text);
      return EXIT.ok;
    case "usage":
      output.err.write(commandLine.text);
      return EXIT.usage;
    default:
      return commandLine satisfies never;
  }
}

function environment() {
  return {
    SRT_SPLITTER_PASSPHRASE: Deno.env.get("SRT_SPLITTER_PASSPHRASE"),
    SRT_SPLITTER_LIBSRT: Deno.env.get("SRT_SPLITTER_LIBSRT"),
  };
}
