/**
 * Options of a listener in the process of a test.
 *
 * @module
 */

import { EventSubscribers } from "../../mod/listener/event_subscribers.ts";
import type { ListenerOptions } from "../../mod/listener/listener.ts";
import { openLibc } from "../../mod/os/libc.ts";
import { DEFAULT_TEMPLATE } from "../../mod/recording/name_template.ts";
import { policyOf } from "../admission/policy_of.ts";

/** Opened once for the process: a library opened inside a test counts as a leak. */
const libc = openLibc();

/** Returns the options of a listener on 127.0.0.1 and any free port, without recordings and spares. */
export function localListener(): Omit<ListenerOptions, "childCommands" | "reporter"> {
  return {
    commands: {
      sessions: () => [],
      state: () => null,
      clearLost: () => false,
      subscribers: new EventSubscribers(),
      stop: () => {},
      handOver: () => {},
    },
    scope: { kind: "one", address: "127.0.0.1" },
    port: 0,
    pulls: [],
    pulling: {
      resolve: (host) => Promise.resolve([host]),
      passphraseOption: "--passphrase-file FILE",
      onNoneLeft: () => {},
    },
    policy: policyOf(),
    retention: null,
    session: {
      stdout: false,
      outputs: null,
      out: null,
      utc: false,
      statsIntervalMs: null,
      analyze: true,
      sidecar: true,
      checksum: null,
      timeZone: null,
      segments: null,
      rejoinMs: null,
      template: DEFAULT_TEMPLATE,
    },
    libsrt: {
      version: "1.5.1",
      file: "libsrt.so.1.5",
      path: "/lib/libsrt.so.1.5",
      embedded: false,
      aesGcm: false,
      warning: null,
    },
    spares: 0,
    libc,
    interfaces: Deno.networkInterfaces,
  };
}
