/** Tests of mod/handoff/child_command.ts. */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import {
  callerCommand,
  forwardCommand,
  hooksCommand,
  probeCommand,
  type Self,
  spareCommand,
} from "../../mod/handoff/child_command.ts";

const ENVIRONMENT: Readonly<Record<string, string>> = {
  HOME: "/home/anna",
  DENO_DIR: "/cache",
  PATH: "/bin",
  LD_PRELOAD: "/evil.so",
  SRT_SPLITTER_PASSPHRASE: "correct-horse",
  SRT_SPLITTER_LIBSRT: "/opt/libsrt.so",
};

const SELF: Self = {
  mainModule: "file:///srv/srt-splitter/main.ts",
  standalone: false,
  execPath: "/opt/deno",
  env: (name) => ENVIRONMENT[name],
};

const RECORDING = { writable: "/srv/recordings", bundled: false };
const NOTHING = { writable: null, bundled: false };

Deno.test("callerCommand starts this program again from source, with the permissions of a child", () => {
  deepStrictEqual(callerCommand(SELF, RECORDING), {
    file: "/proc/self/exe",
    args: [
      "run",
      "--cached-only",
      "--no-config",
      "--no-lock",
      "--unstable-lazy-dynamic-imports",
      "--v8-flags=--max-semi-space-size=1",
      "--no-prompt",
      "--allow-ffi",
      "--allow-read=/etc/os-release,/var/lib/dpkg/status,/srv/srt-splitter/mod,/srv/recordings",
      "--allow-write=/srv/recordings",
      "file:///srv/srt-splitter/workers/child.ts",
    ],
    environment: {
      MALLOC_ARENA_MAX: "1",
      DENO_NO_UPDATE_CHECK: "1",
      NO_COLOR: "1",
      HOME: "/home/anna",
      DENO_DIR: "/cache",
    },
    folder: "/",
    files: ["/opt/deno"],
  });
});

Deno.test("callerCommand reads all modules at the start if the path of the program has a comma, at which Deno splits lists", () => {
  const self = { ...SELF, mainModule: "file:///srv/a,b/main.ts" };
  const { args } = callerCommand(self, NOTHING);
  strictEqual(args.includes("--unstable-lazy-dynamic-imports"), false);
  strictEqual(args.includes("--allow-read=/etc/os-release,/var/lib/dpkg/status"), true);
});

Deno.test("callerCommand starts the bundle, without access to the modules", () => {
  const { args } = callerCommand(SELF, { ...RECORDING, bundled: true });
  deepStrictEqual(args.slice(-6), [
    "--v8-flags=--max-semi-space-size=1",
    "--no-prompt",
    "--allow-ffi",
    "--allow-read=/etc/os-release,/var/lib/dpkg/status,/srv/recordings",
    "--allow-write=/srv/recordings",
    "file:///srv/srt-splitter/dist/session/child.js",
  ]);
  strictEqual(args.includes("--unstable-lazy-dynamic-imports"), false);
});

Deno.test("spareCommand differs from callerCommand in an option of V8 if both run the bundle", () => {
  const { args } = callerCommand(SELF, { ...RECORDING, bundled: true });
  const { args: spareArgs } = spareCommand(SELF, { ...RECORDING, bundled: true });
  deepStrictEqual(spareArgs.filter((arg) => !args.includes(arg)), [
    "--v8-flags=--max-semi-space-size=1,--no-lazy-feedback-allocation",
  ]);
  strictEqual(spareArgs.length, args.length);
});

Deno.test("without a bundle, spareCommand differs from callerCommand in options of Deno, and cannot read modules later", () => {
  const { args, ...common } = callerCommand(SELF, RECORDING);
  const { args: spareArgs, ...spareCommon } = spareCommand(SELF, RECORDING);
  deepStrictEqual(spareCommon, common);
  deepStrictEqual(spareArgs.filter((arg) => !args.includes(arg)), [
    "--v8-flags=--max-semi-space-size=1,--no-lazy-feedback-allocation",
    "--allow-read=/etc/os-release,/var/lib/dpkg/status,/srv/recordings",
  ]);
  deepStrictEqual(args.filter((arg) => !spareArgs.includes(arg)), [
    "--unstable-lazy-dynamic-imports",
    "--v8-flags=--max-semi-space-size=1",
    "--allow-read=/etc/os-release,/var/lib/dpkg/status,/srv/srt-splitter/mod,/srv/recordings",
  ]);
});

Deno.test("probeCommand starts workers/probe.ts from source, without permission to write", () => {
  const { args } = probeCommand(SELF);
  deepStrictEqual(args.slice(-4), [
    "--no-prompt",
    "--allow-ffi",
    "--allow-read=/etc/os-release,/var/lib/dpkg/status",
    "file:///srv/srt-splitter/workers/probe.ts",
  ]);
});

Deno.test("callerCommand starts a compiled executable without permission flags, because they are compiled in", () => {
  const { file, args } = callerCommand({ ...SELF, standalone: true }, RECORDING);
  deepStrictEqual([file, args], ["/proc/self/exe", ["child"]]);
});

Deno.test("callerCommand gives a child no permission to write if nothing is recorded", () => {
  strictEqual(callerCommand(SELF, NOTHING).args.some((arg) => arg.startsWith("--allow-write")), false);
});

Deno.test("callerCommand gives a child no permission to run programs or to use the network", () => {
  const allowed = callerCommand(SELF, RECORDING).args.filter((arg) => arg.startsWith("--allow"));
  deepStrictEqual(allowed.map((arg) => arg.split("=")[0]), ["--allow-ffi", "--allow-read", "--allow-write"]);
});

for (const standalone of [false, true]) {
  Deno.test(`callerCommand puts no secret into argv or environment (${standalone ? "compiled" : "source"})`, () => {
    const command = JSON.stringify(callerCommand({ ...SELF, standalone }, RECORDING));
    strictEqual(/correct-horse|PASSPHRASE|LD_PRELOAD|PATH/.test(command), false);
  });
}

Deno.test("callerCommand passes on only variables that are set", () => {
  deepStrictEqual(Object.keys(callerCommand({ ...SELF, env: () => undefined }, NOTHING).environment), [
    "MALLOC_ARENA_MAX",
    "DENO_NO_UPDATE_CHECK",
    "NO_COLOR",
  ]);
});

for (const name of ["a", "a,b"]) {
  Deno.test(`callerCommand allows a real child to write to the folder "${name}", and to nothing else`, async () => {
    const parent = Deno.makeTempDirSync();
    try {
      const folder = `${parent}/${name}`;
      Deno.mkdirSync(folder);
      Deno.mkdirSync(`${parent}/workers`);
      Deno.writeTextFileSync(
        `${parent}/workers/child.ts`,
        `const may = (path) => Deno.permissions.querySync({ name: "write", path }).state === "granted";
        console.log(may(${JSON.stringify(folder)}), may(${JSON.stringify(`${parent}/b`)}), may("/"));`,
      );
      const mainModule = new URL(`file://${parent}/main.ts`).href;
      const { file, args, folder: cwd } = callerCommand({ ...SELF, mainModule }, { ...RECORDING, writable: folder });
      const command = new Deno.Command(file, { args: [...args], cwd, stdin: "null", stderr: "inherit" });
      strictEqual(new TextDecoder().decode((await command.output()).stdout), "true false false\n");
    } finally {
      Deno.removeSync(parent, { recursive: true });
    }
  });
}

Deno.test("hooksCommand starts workers/hooks.ts from source, with FFI and the address of the webhook only", () => {
  const { args } = hooksCommand(SELF, "example.com:443");
  strictEqual(args.at(-1), "file:///srv/srt-splitter/workers/hooks.ts");
  deepStrictEqual(args.filter((argument) => argument.startsWith("--allow-")), [
    "--allow-ffi",
    "--allow-net=example.com:443",
  ]);
});

Deno.test("forwardCommand starts workers/forward.ts from source, with FFI and the network, without permission to write, and without colors", () => {
  const { args, environment } = forwardCommand(SELF);
  strictEqual(args[0], "/proc/self/exe");
  strictEqual(args.at(-1), "file:///srv/srt-splitter/workers/forward.ts");
  const allowed = args.filter((argument) => /^--allow-(?!read)/.test(argument)).toSorted();
  deepStrictEqual(allowed, ["--allow-ffi", "--allow-net"]);
  strictEqual(environment.includes("NO_COLOR=1"), true);
});

Deno.test("hooksCommand gives no access to the network without a webhook", () => {
  const { args } = hooksCommand(SELF, null);
  deepStrictEqual(args.filter((argument) => argument.startsWith("--allow-")), ["--allow-ffi"]);
});
