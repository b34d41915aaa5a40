/** Wrong input of users: each case has a clear message on stderr and an exit code, and never a stack trace. */

import assert from "node:assert/strict";
import { MOUNTS, type Need, needing, PRIVILEGED_PORTS } from "../support/needs.ts";
import { childrenOf, waitUntil } from "../support/processes.ts";
import { EXECUTABLE, Splitter } from "../support/splitter.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";

const FOLDER = "{folder}";

/** Arguments, the exit code, and patterns of stderr. `{folder}` is a temporary folder that contains the file `file`. */
const CASES: readonly {
  readonly name: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly code: number;
  readonly patterns: readonly RegExp[];
}[] = [
  { name: "an unknown option", args: ["listen", "--latncy", "1s"], code: 2, patterns: [/--latncy/, /--latency/] },
  { name: "an unknown command", args: ["lisen"], code: 2, patterns: [/"lisen"/, /did you mean listen\?/] },
  {
    name: "no command",
    args: [],
    code: 2,
    patterns: [/^Records many/, /Usage: srt-splitter COMMAND/, /srt-splitter listen/],
  },
  { name: "a bad address", args: ["listen", "300.1.1.1:9000"], code: 2, patterns: [/300\.1\.1\.1/] },
  { name: "a bad port", args: ["listen", ":99999"], code: 2, patterns: [/99999/, /65535/] },
  { name: "a bad latency", args: ["listen", "--latency", "fast"], code: 2, patterns: [/"fast"/, /200ms/] },
  {
    name: "a latency over the limit",
    args: ["listen", "--latency", "60001"],
    code: 2,
    patterns: [/^error: cannot use --latency "60001": the limit is 60000 ms/, /\nhint: .* 60ms\n$/],
  },
  {
    name: "a passphrase in argv",
    args: ["listen", "--passphrase", "hunter2hunter2"],
    code: 2,
    patterns: [/passphrase-file/],
  },
  {
    name: "a short passphrase",
    args: ["listen"],
    env: { SRT_SPLITTER_PASSPHRASE: "short" },
    code: 2,
    patterns: [/SRT_SPLITTER_PASSPHRASE/, /too short/, /10 to 79/],
  },
  {
    name: "a long passphrase",
    args: ["listen"],
    env: { SRT_SPLITTER_PASSPHRASE: "x".repeat(80) },
    code: 2,
    patterns: [/too long/, /10 to 79/],
  },
  {
    name: "an empty SRT_SPLITTER_PASSPHRASE",
    args: ["listen", "127.0.0.1:0", "--for", "1ms"],
    env: { SRT_SPLITTER_PASSPHRASE: "" },
    code: 2,
    patterns: [/set, but empty/, /unset SRT_SPLITTER_PASSPHRASE/],
  },
  {
    name: "a missing passphrase file",
    args: ["listen", "--passphrase-file", `${FOLDER}/none`],
    code: 2,
    patterns: [/none/, /no such file/],
  },
  {
    name: "check with an operand",
    args: ["check", "-c", `${FOLDER}/file`, "extra"],
    code: 2,
    patterns: [/usage: srt-splitter check \[OPTIONS\]/],
  },
  { name: "--out that is a file", args: ["listen", "--out", `${FOLDER}/file`], code: 2, patterns: [/not a folder/] },
  { name: "--out below a file", args: ["listen", "--out", `${FOLDER}/file/x`], code: 2, patterns: [/not a folder/] },
  {
    name: "--out that cannot be made",
    args: ["listen", "--out", "/proc/x"],
    code: 2,
    patterns: [
      // the executable has the permission, and the kernel refuses
      /^error: cannot create the folder "\/proc\/x": (this program may not use files of the system .*|no such .*)\nhint: .*\n$/,
    ],
  },
  {
    name: "an address of another machine",
    args: ["listen", "198.51.100.7:0"],
    code: 3,
    patterns: [/198\.51\.100\.7/, /does not have that address/],
  },
  {
    name: "a missing libsrt",
    args: ["listen", "--libsrt", `${FOLDER}/libsrt.so`],
    code: 4,
    patterns: [/libsrt\.so": not found/, /name another file/],
  },
  {
    name: "a library that is not libsrt",
    args: ["listen", "--libsrt", "libm.so.6"],
    code: 4,
    patterns: [/not libsrt/],
  },
  { name: "a file that is not a library", args: ["listen", "--libsrt", `${FOLDER}/file`], code: 4, patterns: [/file/] },
];

for (const { name, args, env = {}, code, patterns } of CASES) {
  Deno.test(`${name} ends with exit code ${code} and a message, not with a stack trace`, async () => {
    using folder = new TemporaryFolder();
    Deno.writeTextFileSync(folder.file("file"), "no library");
    const result = await Splitter.run(args.map((argument) => argument.replace(FOLDER, folder.path)), { env });
    assert.strictEqual(result.code, code, result.stderr);
    for (const pattern of patterns) assert.match(result.stderr, pattern);
    assert.doesNotMatch(result.stderr, /\n\s+at /);
    assert.doesNotMatch(result.stderr, /hunter2/);
    assert.strictEqual(result.stdout, "");
  });
}

const NO_EXECUTABLE: Need = () => EXECUTABLE === null ? null : "the executable has its own libsrt";

Deno.test("a port of another listener is an error that states how to take its place, and how to end it", async () => {
  await using first = await Splitter.listen(["127.0.0.1:0"]);
  const address = `127.0.0.1:${first.port}`;
  const inUse = `already in use by another srt-splitter on ${address} (PID ${first.pid})`;
  const toEnd = `to end it: srt-splitter stop --all --listener ${address}`;
  const { code, stderr } = await Splitter.run(["listen", address]);
  assert.deepStrictEqual([code, stderr], [
    3,
    `error: cannot listen on ${address}: ${inUse}\nhint: to take its place and its sessions, add --replace; ${toEnd}\n`,
  ]);
  // --replace does not take the place of a listener with another address
  const every = await Splitter.run(["listen", `0.0.0.0:${first.port}`]);
  assert.deepStrictEqual([every.code, every.stderr], [
    3,
    `error: cannot listen on ${address}: ${inUse}\nhint: choose another port; ${toEnd}\n`,
  ]);
  const [, stop = ""] = /srt-splitter (stop .*)$/m.exec(stderr) ?? [];
  assert.strictEqual((await Splitter.run(stop.split(" "))).code, 0);
  assert.strictEqual((await first.ended()).code, 0);
});

Deno.test("a port to which another program is bound on a wildcard address is in use", async () => {
  const socket = Deno.listenDatagram({ transport: "udp", hostname: "0.0.0.0", port: 0 });
  const { port } = socket.addr as Deno.NetAddr;
  const { code, stderr } = await Splitter.run(["listen", `127.0.0.1:${port}`]).finally(() => socket.close());
  assert.strictEqual(code, 3);
  assert.match(stderr, new RegExp(`already in use by .* \\(PID ${Deno.pid}\\)\nhint: `));
});

Deno.test({
  ...needing([PRIVILEGED_PORTS], "a port below 1024 without permission is an error with its reason"),
  fn: async () => {
    const port = freePrivilegedPort();
    const as = ["setpriv", "--bounding-set=-all"];
    const { code, stderr } = await Splitter.run(["listen", `127.0.0.1:${port}`], { as });
    assert.strictEqual(code, 3);
    assert.match(stderr, new RegExp(`no permission for port ${port}\nhint: use port 1024 or a higher one`));
  },
});

Deno.test({
  ...needing(
    [MOUNTS, NO_EXECUTABLE],
    "without libsrt the error lists every place that was tried and the command that installs it",
  ),
  fn: async () => {
    const hide =
      'for file in $(ldconfig -p | sed -n "s/.*libsrt.* => //p"); do mount --bind /dev/null "$file"; done; exec "$@"';
    const { code, stderr } = await Splitter.run(["listen"], { as: ["unshare", "-m", "sh", "-c", hide, "sh"] });
    assert.strictEqual(code, 4);
    assert.match(
      stderr,
      /"libsrt\.so\.1\.5": .*\n(.*\n)* {2}"libsrt\.so": .*\nhint: install it: sudo apt-get install libsrt/,
    );
  },
});

Deno.test("a world-readable passphrase file causes a warning", async () => {
  using folder = new TemporaryFolder();
  Deno.writeTextFileSync(folder.file("secret"), "correct horse battery\n", { mode: 0o644 });
  await using splitter = await Splitter.listen(["127.0.0.1:0", "--passphrase-file", folder.file("secret")]);
  await splitter.errorLine(/warning: other users of this machine can read/);
});

Deno.test("listen --help shows examples", async () => {
  const { code, stdout } = await Splitter.run(["listen", "--help"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /Examples:\n {2}srt-splitter listen :9000 --out recordings/);
});

Deno.test("--version names srt-splitter, Deno and libsrt with its file", async () => {
  const { code, stdout } = await Splitter.run(["--version"]);
  assert.strictEqual(code, 0);
  assert.match(stdout, /^srt-splitter \d+\.\d+\.\d+\nDeno \d+\.\d+\.\d+\nlibsrt \d+\.\d+\.\d+ \(.+\)\n/);
});

Deno.test("the command version prints what --version prints", async () => {
  const [command, option] = await Promise.all([Splitter.run(["version"]), Splitter.run(["--version"])]);
  assert.deepStrictEqual(command, option);
});

Deno.test("a SIGKILL of the process that tries a libsrt is an error that names the signal", async () => {
  using folder = new TemporaryFolder();
  const library = `${folder.path}/libsrt.so`;
  await new Deno.Command("mkfifo", { args: [library] }).output(); // opening it waits for a writer
  await using splitter = Splitter.start(["listen", "127.0.0.1:0", "--libsrt", library]);
  await waitUntil("the process that tries libsrt", () => childrenOf(splitter.pid).length === 1);
  for (const probe of childrenOf(splitter.pid)) Deno.kill(probe, "SIGKILL");
  assert.strictEqual((await splitter.ended()).code, 4);
  assert.match(
    splitter.errors.join("\n"),
    /^error: cannot check whether .*libsrt\.so can be used: .* SIGKILL\nhint: .*--libsrt/,
  );
});

/** A port below 1024 that no program has now. */
function freePrivilegedPort(): number {
  while (true) {
    const port = 600 + Math.floor(Math.random() * 400);
    try {
      Deno.listenDatagram({ transport: "udp", hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}
