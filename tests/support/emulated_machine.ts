/**
 * An emulated Debian machine of another architecture: Debian's kernel, glibc and busybox in memory. It runs a script with given
 * files.
 *
 * Its packages are downloaded with apt-get to a temporary folder, with separate package lists; nothing is installed.
 *
 * @module
 */

import { runTool } from "../../scripts/run_tool.ts";
import { TemporaryFolder } from "./temporary_folder.ts";

/** Programs that it needs besides those of every Debian system. */
export const EMULATOR_PROGRAMS = ["/usr/bin/qemu-system-aarch64", "/usr/bin/cpio"] as const;

const PACKAGES = ["libc6", "libgcc-s1", "busybox-static"] as const;
/** Depends on the newest kernel. */
const KERNEL_PACKAGE = "linux-image-arm64";
const LIBRARIES = ["libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1", "libgcc_s.so.1"] as const;
/** Longest run in s: emulation makes a program up to a hundred times slower. */
const LIFE_SECONDS = 300;

/** First program of the machine: mounts its folders, runs the script, turns the machine off. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev
ip link set lo up
cd /
. /script
poweroff -f
`;

/** A machine; held by `using`. */
export class EmulatedMachine implements Disposable {
  readonly #folder = new TemporaryFolder();

  /** Makes a machine. `files`: names in its root folder, and the files outside to copy. */
  static async with(files: Readonly<Record<string, string>>): Promise<EmulatedMachine> {
    const machine = new EmulatedMachine();
    try {
      await machine.#fetch();
      await machine.#writeRootFolder(files);
      return machine;
    } catch (error) {
      machine[Symbol.dispose]();
      throw error;
    }
  }

  /** Starts it, runs a shell script in it, and returns the output of its console. */
  async run(script: string): Promise<string> {
    const root = this.#folder.file("root");
    Deno.writeTextFileSync(`${root}/script`, script);
    await shell('cd "$1" && find . | cpio -o -H newc --quiet >"$2"', root, this.#folder.file("initrd"));
    return await shell(
      'exec timeout "$3" qemu-system-aarch64 -M virt -cpu cortex-a72 -smp 2 -m 2048 -nic none -nographic -no-reboot ' +
        '-kernel "$1"/boot/vmlinuz-* -initrd "$2" -append "console=ttyAMA0 panic=-1 quiet"',
      this.#folder.file("packages"),
      this.#folder.file("initrd"),
      String(LIFE_SECONDS),
    );
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]();
  }

  async #fetch(): Promise<void> {
    const apt = this.#folder.file("apt");
    await shell('mkdir -p "$1"/lists/partial "$1"/archives/partial && : >"$1"/status', apt);
    Deno.writeTextFileSync(
      `${apt}/apt.conf`,
      [
        'APT::Architecture "arm64";',
        'APT::Architectures { "arm64"; };',
        'APT::Sandbox::User "root";',
        `Dir::State "${apt}";`,
        `Dir::State::status "${apt}/status";`,
        `Dir::Cache "${apt}";`,
      ].join("\n"),
    );
    await shell(
      `export APT_CONFIG="$1"/apt.conf
      cd "$1"
      apt-get -qq update
      kernel=$(apt-cache depends ${KERNEL_PACKAGE} | sed -n 's/^ *Depends: *//p' | head -n 1)
      apt-get -qq download "$kernel" ${PACKAGES.join(" ")}
      for package in *.deb; do dpkg-deb -x "$package" "$2"; done`,
      apt,
      this.#folder.file("packages"),
    );
  }

  async #writeRootFolder(files: Readonly<Record<string, string>>): Promise<void> {
    const root = this.#folder.file("root");
    await shell(
      `mkdir -p "$1"/bin "$1"/lib/aarch64-linux-gnu "$1"/proc "$1"/dev "$1"/tmp
      cp "$2"/bin/busybox "$1"/bin/
      cp -L "$2"/lib/ld-linux-aarch64.so.1 "$1"/lib/
      for name in ${LIBRARIES.join(" ")}; do cp -L "$2"/lib/aarch64-linux-gnu/$name "$1"/lib/aarch64-linux-gnu/; done`,
      root,
      this.#folder.file("packages"),
    );
    for (const [name, from] of Object.entries(files)) Deno.copyFileSync(from, `${root}/${name}`);
    Deno.writeTextFileSync(`${root}/init`, INIT, { mode: 0o755 });
  }
}

function shell(script: string, ...args: readonly string[]): Promise<string> {
  return runTool(["sh", "-euc", script, "sh", ...args], "emulate a machine");
}
