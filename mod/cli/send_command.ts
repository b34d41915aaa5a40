/**
 * The `send` command: its options, their help, and the settings they make.
 *
 * @module
 */

import { Command, type CommandUnknownOpts } from "@commander-js/extra-typings";

import type { ListenEnvironment } from "./listen_environment.ts";
import { parseAmount } from "./parse_amount.ts";
import { parseCallerAddress } from "./parse_caller_address.ts";
import { passphraseVariable } from "./passphrase_source.ts";
import type { SendSettings } from "./send_settings.ts";
import { UsageError } from "./usage_error.ts";

/** Slower than this nobody sends a stream, faster than this no libsrt does. Our choice. */
const LEAST_RATE = 1000;
const MOST_RATE = 10_000_000_000;

const EXAMPLES = `
Examples:
  srt-splitter send test.ts srt://127.0.0.1:9000?streamid=cam1
  srt-splitter send test.ts "srt://host:9000?streamid=cam1&latency=500ms" --loop
  srt-splitter send any.bin srt://[::1]:9000 --rate 8Mbps

Exit codes:
  0 all was delivered  2 usage  4 no usable libsrt  10 refused by the listener
  11 no answer  12 the listener went away before all was delivered`;

/** Makes the `send` command; `done` is given the settings when it was parsed. */
export function sendCommand(env: ListenEnvironment, done: (settings: SendSettings) => void): CommandUnknownOpts {
  return new Command("send")
    .description("Sends a transport stream to an SRT listener in real time, by its own clock.")
    .argument("<file>", "MPEG-TS to send; with --rate any file")
    .argument("<address>", "whom to call: srt://host:port?streamid=NAME&latency=TIME")
    .option("--rate <rate>", "send at this rate, such as 8Mbps, instead of by the PCR in the stream")
    .option("--loop [n]", "send the file n times, or over and over until Ctrl-C")
    .option(
      "--passphrase-file <file>",
      "the first line of this file is the passphrase (or set SRT_SPLITTER_PASSPHRASE)",
    )
    .option("-q, --quiet", "say only what failed")
    .option("--libsrt <file>", "load this libsrt (or set SRT_SPLITTER_LIBSRT)")
    .addHelpText("after", EXAMPLES)
    .action((file, address, options) => {
      const parsed = parseCallerAddress(address);
      done({
        file: notEmpty(file, "the file"),
        address: parsed,
        bitsPerSecond: options.rate === undefined ? null : parseRate(options.rate),
        rounds: parseRounds(options.loop),
        passphrase: passphraseSource(options.passphraseFile, env),
        quiet: options.quiet ?? false,
        libsrt: options.libsrt || env.SRT_SPLITTER_LIBSRT || null,
        warnings: parsed.warnings,
      });
    });
}

function parseRate(text: string): number {
  const rate = parseAmount(text, "rate");
  if (rate !== null && rate >= LEAST_RATE && rate <= MOST_RATE) return rate;
  const problem = rate === null ? "that is no rate with its unit" : "1kbps to 10Gbps can be sent";
  throw new UsageError(`cannot use --rate ${JSON.stringify(text)}: ${problem}`, {
    hint: "Write 8Mbps, 500kbps or 2.5Mbit/s.",
  });
}

function parseRounds(loop: string | true | undefined): number {
  if (loop === undefined) return 1;
  if (loop === true) return Infinity;
  if (/^[1-9]\d{0,8}$/.test(loop)) return Number(loop);
  throw new UsageError(`cannot use --loop ${JSON.stringify(loop)}`, {
    hint: "Give a whole number of 1 or more, or --loop alone to go on until Ctrl-C.",
  });
}

function passphraseSource(file: string | undefined, env: ListenEnvironment): SendSettings["passphrase"] {
  if (file !== undefined) return { kind: "file", file: notEmpty(file, "--passphrase-file") };
  return passphraseVariable(env);
}

function notEmpty(text: string, what: string): string {
  if (text !== "") return text;
  throw new UsageError(`cannot use an empty name for ${what}`, { hint: "All options: srt-splitter send --help" });
}
