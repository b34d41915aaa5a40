/**
 * What some tests need from the machine. Each need is checked by itself, because root in a container may lack it. A test
 * whose need is missing is skipped, with the reason in its name.
 *
 * @module
 */

import { openLibc } from "../../mod/os/libc.ts";
import { readProcFile } from "../../mod/os/proc.ts";

const libc = openLibc();

/** Returns the reason why the machine does not have what is needed, or null if it has it. */
export type Need = () => string | null;

/** Mount namespaces and mounts in them (CAP_SYS_ADMIN). */
export const MOUNTS: Need = once(() =>
  attempt("cannot mount file systems", "unshare", "--mount", "mount", "-t", "tmpfs", "tmpfs", "/tmp")
);

/** Network namespaces as `ip netns` makes them (CAP_SYS_ADMIN and CAP_NET_ADMIN). */
export const NETWORK_NAMESPACES: Need = once(() => {
  const name = `srt-splitter-${crypto.randomUUID().slice(0, 8)}`;
  const reason = "cannot make network namespaces";
  const missing = attempt(reason, "ip", "netns", "add", name) ??
    attempt(reason, "ip", "-n", name, "link", "set", "lo", "up");
  attempt(reason, "ip", "netns", "delete", name);
  return missing;
});

/** The check of unit files (package `systemd`). */
export const SYSTEMD_ANALYZE: Need = once(() => attempt("systemd-analyze fails", "systemd-analyze", "--version"));

/** Raw IPv4 sockets, to forge source addresses (CAP_NET_RAW). */
export const RAW_SOCKETS: Need = once(() => {
  const sockets = Deno.dlopen("libc.so.6", {
    // int socket(int domain, int type, int protocol);
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    // int close(int fd);
    close: { parameters: ["i32"], result: "i32" },
  });
  const [inet, raw, protocol] = [2, 3, 255];
  const descriptor = sockets.symbols.socket(inet, raw, protocol);
  if (descriptor >= 0) sockets.symbols.close(descriptor);
  sockets.close();
  return descriptor >= 0 ? null : "cannot open raw sockets";
});

/** Memory and descriptors of processes that protect theirs (CAP_SYS_PTRACE). */
export const PROTECTED_PROCESSES: Need = once(() => {
  const capabilities = /^CapEff:\s*(\w+)$/m.exec(readProcFile(libc, "/proc/self/status") ?? "")?.[1] ?? "0";
  const sysPtrace = 19n;
  return BigInt(`0x${capabilities}`) >> sysPtrace & 1n ? null : "cannot read the memory of other processes";
});

/** Begins a command line that runs as the user `nobody`; the program and its arguments are appended. */
export const AS_ANOTHER_USER = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] as const;

/** Running a program as another user (CAP_SETUID and CAP_SETGID). */
export const ANOTHER_USER: Need = once(() =>
  attempt("cannot run programs as another user", ...AS_ANOTHER_USER, "true")
);

/** Ports that only privileged programs may bind, and a way to run a program without that privilege. */
export const PRIVILEGED_PORTS: Need = once(() => {
  const first = Number(readProcFile(libc, "/proc/sys/net/ipv4/ip_unprivileged_port_start") ?? "1024");
  if (first < 1024) return `every program may bind ports from ${first} up`;
  return attempt("cannot drop capabilities", "setpriv", "--bounding-set=-all", "true");
});

/** rclone, which uploads files. */
export const RCLONE: Need = once(() => attempt("rclone does not work", "rclone", "version"));

/**
 * Name of a test with these needs, and whether it is skipped: `Deno.test({ ...needing([MOUNTS], "name"), fn })`. The call of
 * `Deno.test` stays in the test's own file, because reports name the place of that call.
 */
export function needing(needs: readonly Need[], name: string): { readonly name: string; readonly ignore: boolean } {
  const missing = needs.map((need) => need()).filter((reason) => reason !== null);
  return missing.length === 0
    ? { name, ignore: false }
    : { name: `${name} (skipped: ${missing.join("; ")})`, ignore: true };
}

/** Returns a need that is checked only at its first call. */
export function once(need: Need): Need {
  let answer: string | null | undefined;
  return () => {
    if (answer === undefined) answer = need();
    return answer;
  };
}

/** Runs a command. Returns `reason` if it fails, and another text if the program is not installed. */
export function attempt(reason: string, file: string, ...args: readonly string[]): string | null {
  try {
    const { success } = new Deno.Command(file, { args: [...args], stdin: "null", stdout: "null", stderr: "null" })
      .outputSync();
    return success ? null : reason;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `there is no ${file}`;
  }
}
