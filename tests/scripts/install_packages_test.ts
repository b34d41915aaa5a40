import assert from "node:assert/strict";

import type { Requirement } from "../../scripts/install_commands.ts";
import { InstallError, installPackages } from "../../scripts/install_packages.ts";

const LIBSRT: Requirement = { kind: "library", names: ["libsrt.so"], candidates: ["libsrt1.5", "libsrt1.4"] };
const FFMPEG: Requirement = { kind: "program", names: ["ffmpeg"], candidates: ["ffmpeg"] };

/** Replaces apt-get: the packages that it knows before and after an update, and the commands that it received. */
class Apt {
  readonly done: string[] = [];
  known: readonly string[];
  readonly #afterUpdate: readonly string[] | null;
  readonly #installs: boolean[];
  /** How many more updates find that another program holds the lock of the lists. */
  locked = 0;

  constructor(known: readonly string[], afterUpdate: readonly string[] | null, installs: readonly boolean[] = [true]) {
    this.known = known;
    this.#afterUpdate = afterUpdate;
    this.#installs = [...installs];
  }

  readonly run = (args: readonly string[]): Promise<{ success: boolean; output: string }> => {
    const name = args.at(-1) ?? "";
    if (args.includes("--simulate")) return Promise.resolve({ success: this.known.includes(name), output: "" });
    if (name === "update") {
      this.done.push("update");
      this.locked -= 1;
      if (this.locked >= 0) {
        return Promise.resolve({ success: false, output: "E: Could not get lock /var/lib/apt/lists/lock. It is held" });
      }
      if (this.#afterUpdate !== null) this.known = this.#afterUpdate;
      return Promise.resolve({ success: this.#afterUpdate !== null, output: "no network" });
    }
    this.done.push(args.slice(args.indexOf("--no-install-recommends") + 1).join(" "));
    return Promise.resolve({ success: this.#installs.shift() ?? false, output: "404 not found" });
  };
}

function installWith(apt: Apt): Promise<void> {
  return installPackages([LIBSRT, FFMPEG], {
    run: apt.run,
    log: () => {},
    sleep: (ms) => {
      apt.done.push(`wait ${ms} ms`);
      return Promise.resolve();
    },
  });
}

Deno.test("installPackages installs the first known candidates with one command, without an update", async () => {
  const apt = new Apt(["libsrt1.4", "ffmpeg"], []);
  await installWith(apt);
  assert.deepEqual(apt.done, ["libsrt1.4 ffmpeg"]);
});

Deno.test("installPackages updates the lists if a package is not known", async () => {
  const apt = new Apt([], ["libsrt1.5", "libsrt1.4", "ffmpeg"]);
  await installWith(apt);
  assert.deepEqual(apt.done, ["update", "libsrt1.5 ffmpeg"]);
});

Deno.test("installPackages waits while another program updates the lists", async () => {
  const apt = new Apt([], ["libsrt1.5", "ffmpeg"]);
  apt.locked = 2;
  await installWith(apt);
  const waited = ["update", "wait 3000 ms"];
  assert.deepEqual(apt.done, [...waited, ...waited, "update", "libsrt1.5 ffmpeg"]);
});

Deno.test("installPackages gives up if another program holds the lock of the lists for 3 minutes", async () => {
  const apt = new Apt([], ["libsrt1.5", "ffmpeg"]);
  apt.locked = Infinity;
  await assert.rejects(installWith(apt), /cannot fetch package lists:\nE: Could not get lock/);
  assert.deepEqual(apt.done.filter((what) => what === "update").length, 60);
});

Deno.test("installPackages updates the lists and tries again if they are stale", async () => {
  const apt = new Apt(["libsrt1.5", "ffmpeg"], ["libsrt1.5", "ffmpeg"], [false, true]);
  await installWith(apt);
  assert.deepEqual(apt.done, ["libsrt1.5 ffmpeg", "update", "libsrt1.5 ffmpeg"]);
});

for (
  const [what, apt, message] of [
    ["the update fails", new Apt([], null), /cannot fetch package lists:\nno network/],
    ["no candidate is known", new Apt([], ["ffmpeg"]), /any of libsrt1\.5, libsrt1\.4: .* know them\nno network/],
    [
      "apt-get fails twice",
      new Apt(["libsrt1.5", "ffmpeg"], ["libsrt1.5"], []),
      /cannot install libsrt1\.5 ffmpeg:\n404/,
    ],
  ] as const
) {
  Deno.test(`installPackages rejects with the reason if ${what}`, async () => {
    await assert.rejects(installWith(apt), (error) => error instanceof InstallError && message.test(error.message));
  });
}
