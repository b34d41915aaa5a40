/**
 * How to install libsrt on this distribution.
 *
 * @module
 */

/** Command by the `ID` of os-release, or by one of its `ID_LIKE`, whole or up to its first hyphen (`opensuse-leap`). */
const COMMANDS: ReadonlyMap<string, string> = new Map([
  ["debian", "sudo apt-get install libsrt1.5-openssl"],
  ["ubuntu", "sudo apt-get install libsrt1.5-openssl"],
  ["fedora", "sudo dnf install srt-libs"],
  ["arch", "sudo pacman -S srt"],
  ["alpine", "sudo apk add libsrt"],
  ["suse", "sudo zypper install libsrt1_5"],
  ["opensuse", "sudo zypper install libsrt1_5"],
]);

/** What to do on any other distribution. */
const OTHERWISE =
  "install libsrt 1.5 with the system's package manager (Debian and Ubuntu: libsrt1.5-openssl, Fedora: " +
  "srt-libs, Arch: srt, Alpine: libsrt, openSUSE: libsrt1_5)";

/**
 * Returns the command that installs libsrt, or general advice if the distribution is not known.
 *
 * @param osRelease Content of /etc/os-release (os-release(5)), or null if there is none.
 */
export function adviseInstall(osRelease: string | null): string {
  const ids = [...readField(osRelease ?? "", "ID"), ...readField(osRelease ?? "", "ID_LIKE")];
  for (const id of ids) {
    const command = COMMANDS.get(id) ?? COMMANDS.get(id.split("-")[0] ?? "");
    if (command !== undefined) return `install it: ${command}`;
  }
  return OTHERWISE;
}

/** Returns the words of one field, in lower case. */
function readField(osRelease: string, name: string): readonly string[] {
  for (const line of osRelease.split("\n")) {
    if (line.startsWith(`${name}=`)) {
      return line.slice(name.length + 1).replaceAll(/["']/g, "").trim().toLowerCase().split(/\s+/);
    }
  }
  return [];
}
