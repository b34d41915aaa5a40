/**
 * Starts an executable that was just built, and checks its `--version`. If Deno's base executable (`DENORT_BIN`) is not of the
 * version of the compiler, the compiler reports no error, but the executable does not start, or starts as another program.
 *
 * It is a program of its own because Deno does not allow a program to run what it may write.
 *
 * @module
 */

if (import.meta.main) {
  const [file = "", version = ""] = Deno.args;
  const { code, stdout, stderr } = await new Deno.Command(file, { args: ["--version"], stdin: "null" }).output();
  const decoder = new TextDecoder();
  const text = decoder.decode(stdout);
  if (code === 0 && text.startsWith(`srt-splitter ${version}\n`) && text.includes("(in this executable)")) {
    console.log(text.trimEnd());
  } else {
    const message = decoder.decode(stderr).replace(/\n*Stack backtrace:[\s\S]*/, "");
    console.error(`its --version ended with code ${code} and printed:\n${text}${message}`);
    Deno.exitCode = 1;
  }
}
