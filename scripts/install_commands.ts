/**
 * What a machine needs, and the names of the packages on each distribution.
 *
 * @module
 */

/** A library or program that must be installed. */
export interface Requirement {
  /**
   * A library that the dynamic linker finds under one of `names`, a program in a folder of the system, or a file in a folder of
   * libraries, such as a static library or a plugin.
   */
  readonly kind: "library" | "program" | "file";
  readonly names: readonly string[];
  /** Packages of Debian and Ubuntu that have it, newest first. The first that the release knows is installed. */
  readonly candidates: readonly string[];
  /** True if only some tests need it. They are skipped if it cannot be installed. */
  readonly isOptional?: true;
}

/** libsrt. Debian 12 and 13 and Ubuntu 24.04 have 1.5; Debian 11 and Ubuntu 22.04 have 1.4, which is new enough. */
export function libsrtRequirement(names: readonly string[]): Requirement {
  return { kind: "library", names, candidates: ["libsrt1.5-openssl", "libsrt1.5-gnutls", "libsrt1.4-openssl"] };
}

/** FUSE for Python has either name. */
const FUSEPY_FILES = ["python3/dist-packages/fusepy.py", "python3/dist-packages/fuse.py"] as const;

/** What the tests and the benchmark need besides libsrt. */
export const TEST_PROGRAMS: readonly Requirement[] = [
  { kind: "program", names: ["srt-live-transmit"], candidates: ["srt-tools"] },
  { kind: "program", names: ["ffmpeg"], candidates: ["ffmpeg"] },
  { kind: "program", names: ["ip"], candidates: ["iproute2"] },
  { kind: "program", names: ["unshare"], candidates: ["util-linux"] },
  { kind: "program", names: ["ps"], candidates: ["procps"] },
  { kind: "program", names: ["tmux"], candidates: ["tmux"] },
  { kind: "program", names: ["faketime"], candidates: ["faketime"] },
  { kind: "program", names: ["rclone"], candidates: ["rclone"] },
  { kind: "program", names: ["chromium"], candidates: ["chromium"], isOptional: true },
  { kind: "program", names: ["prometheus"], candidates: ["prometheus"] },
  { kind: "program", names: ["gst-inspect-1.0"], candidates: ["gstreamer1.0-tools"], isOptional: true },
  { kind: "file", names: ["gstreamer-1.0/libgstsrt.so"], candidates: ["gstreamer1.0-plugins-bad"], isOptional: true },
  { kind: "file", names: FUSEPY_FILES, candidates: ["python3-fusepy"], isOptional: true },
];

/** What building the executable needs. The archives are the ones that scripts/link_libsrt.ts links. */
export const COMPILE_PARTS: readonly Requirement[] = [
  { kind: "file", names: ["libsrt.a"], candidates: ["libsrt-openssl-dev"] },
  { kind: "file", names: ["libcrypto.a"], candidates: ["libssl-dev"] },
  { kind: "program", names: ["g++"], candidates: ["g++"] },
  { kind: "program", names: ["readelf"], candidates: ["binutils"] },
];

/** The command of each distribution, for machines that cannot be set up automatically. */
export const INSTALL_COMMANDS = {
  libsrt: [
    "Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y libsrt1.5-openssl",
    "Fedora           sudo dnf install -y srt-libs",
    "Arch             sudo pacman -S --needed srt",
    "openSUSE         sudo zypper install -y libsrt1_5",
  ],
  test: [
    "Debian, Ubuntu   sudo apt-get update && " +
    "sudo apt-get install -y libsrt1.5-openssl srt-tools ffmpeg iproute2 util-linux procps tmux faketime rclone " +
    "chromium prometheus gstreamer1.0-tools gstreamer1.0-plugins-bad python3-fusepy",
    "Fedora           sudo dnf install -y srt-libs srt ffmpeg-free iproute util-linux procps-ng tmux libfaketime rclone " +
    "chromium golang-github-prometheus",
    "Arch             sudo pacman -S --needed srt ffmpeg iproute2 util-linux procps-ng tmux libfaketime rclone " +
    "chromium prometheus",
    "openSUSE         sudo zypper install -y libsrt1_5 srt ffmpeg iproute2 util-linux procps tmux libfaketime rclone " +
    "chromium golang-github-prometheus-prometheus",
  ],
  compile: [
    "Debian, Ubuntu   sudo apt-get update && sudo apt-get install -y libsrt-openssl-dev g++ binutils",
    "elsewhere        deno task compile --libsrt FILE, with a libsrt that needs only glibc",
  ],
} as const;
