import assert from "node:assert/strict";
import { adviseInstall } from "../../mod/srt/install_advice.ts";
import { findPackageVersion } from "../../mod/srt/package_version.ts";
import { adviseVersion, formatVersion } from "../../mod/srt/version.ts";

Deno.test("formatVersion writes major, minor and patch", () => {
  assert.equal(formatVersion(0x010501), "1.5.1");
  assert.equal(formatVersion(0x01040c), "1.4.12");
});

for (
  const { version, packageVersion, warns } of [
    { version: 0x010506, packageVersion: null, warns: false },
    { version: 0x010600, packageVersion: null, warns: false },
    { version: 0x010505, packageVersion: null, warns: true },
    { version: 0x010501, packageVersion: null, warns: true },
    { version: 0x010501, packageVersion: "1.5.1-1+deb12u1", warns: true },
    { version: 0x010501, packageVersion: "1.5.1-1+deb12u2", warns: false },
    { version: 0x010501, packageVersion: "1.5.1-1+deb12u10", warns: false },
    { version: 0x010503, packageVersion: "1.5.3-1build2", warns: true },
  ]
) {
  const what = `${formatVersion(version)}, package ${packageVersion ?? "unknown"}`;
  Deno.test(`adviseVersion ${warns ? "warns of" : "does not warn of"} ${what}`, () => {
    const advice = adviseVersion(version, packageVersion);
    assert.equal(advice !== null, warns);
    if (warns) assert.match(advice ?? "", /CVE-2026-55869/);
  });
}

/** As in /var/lib/dpkg/status of Debian 12, without most of the fields. */
const DPKG_STATUS = `Package: libsrt-openssl-dev
Status: install ok installed
Source: srt
Version: 1.5.1-9

Package: libsrt1.5-gnutls
Status: deinstall ok config-files
Version: 1.5.1-1

Package: libsrt1.5-openssl
Status: install ok installed
Source: srt
Version: 1.5.1-1+deb12u2
Description: Secure Reliable Transport

Package: libssl3
Status: install ok installed
Version: 3.0.17-1
`;

Deno.test("findPackageVersion finds the installed package of that version", () => {
  assert.equal(findPackageVersion(DPKG_STATUS, "1.5.1"), "1.5.1-1+deb12u2");
});

Deno.test("findPackageVersion finds nothing when the library is of another version than the package", () => {
  assert.equal(findPackageVersion(DPKG_STATUS, "1.5.5"), null);
});

for (
  const [osRelease, expected] of [
    ["ID=debian\nVERSION_ID=12", "install it: sudo apt-get install libsrt1.5-openssl"],
    ['NAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian', "install it: sudo apt-get install libsrt1.5-openssl"],
    ["ID=linuxmint\nID_LIKE='ubuntu debian'", "install it: sudo apt-get install libsrt1.5-openssl"],
    ["ID=fedora", "install it: sudo dnf install srt-libs"],
    ["ID=arch", "install it: sudo pacman -S srt"],
    ["ID=alpine", "install it: sudo apk add libsrt"],
    ['ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', "install it: sudo zypper install libsrt1_5"],
  ] as const
) {
  Deno.test(`adviseInstall has a command for ${osRelease.replaceAll("\n", ", ")}`, () => {
    assert.equal(adviseInstall(osRelease), expected);
  });
}

Deno.test("adviseInstall gives the package names when the distribution is not known", () => {
  assert.match(adviseInstall(null), /libsrt1\.5-openssl/);
  assert.match(adviseInstall("ID=constructor"), /libsrt1\.5-openssl/);
});
