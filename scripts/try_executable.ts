/**
 * Starts an executable that was just built, and checks what it says of itself: a base that does not fit the compiler makes one
 * that does not start, or starts as something else, without a word from the compiler.
 *
 * A program of its own: Deno lets nothing that may write to a folder run what is in it.
 *
 * @module
 */

if (import.meta.main) {
  const [file = "", version = ""] = Deno.args;
  const { code, stdout, stderr } = await new Deno.Command(file, { args: ["--version"], stdin: "null" }).output();
  const decoder = new TextDecoder();
  const said = decoder.decode(stdout);
  if (code === 0 && said.startsWith(`srt-splitter ${version}\n`) && said.includes("(in this executable)")) {
    console.log(said.trimEnd());
  } else {
    const words = decoder.decode(stderr).replace(/\n*Stack backtrace:[\s\S]*/, "");
    console.error(`its --version ended with code ${code} and said:\n${said}${words}`);
    Deno.exitCode = 1;
  }
}
