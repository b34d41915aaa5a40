/**
 * Callers with a packet filter (FEC) on links that lose packets: what it restores is recorded, and the rest is in the loss map
 * (`losses` of the sidecar).
 */

import assert from "node:assert/strict";
import { HSREQ_FLAG } from "../../mod/packet/hsreq.ts";
import type { FinalSidecar, LossSummary } from "../../mod/vocabulary/sidecar.ts";
import { assertSameBytes } from "../support/assert_same_bytes.ts";
import { LiveTransmit } from "../support/live_transmit.ts";
import { type LossRules, LossyLink } from "../support/lossy_link.ts";
import { makePayload } from "../support/payload.ts";
import { childrenOf } from "../support/processes.ts";
import { Splitter } from "../support/splitter.ts";
import { LIVE_MESSAGE_BYTES, SrtCaller } from "../support/srt_caller.ts";
import { TemporaryFolder } from "../support/temporary_folder.ts";
import { UdpRelay } from "../support/udp_relay.ts";
import { repeatIfDisturbed } from "../support/repeat_if_disturbed.ts";

const LOCAL = "127.0.0.1:0";
const LATENCY_MS = 1000;
const RATE = 4_000_000;
/** A whole number of matrices of 10 times 5 packets, so that no packet at the end is without FEC. */
const MESSAGES = 600;
const PASSPHRASE = "opensesame123";
/** Options of a listener that records encrypted callers. */
const ENCRYPTED = { env: { SRT_SPLITTER_PASSPHRASE: PASSPHRASE } };

/** One packet in each row of ten is lost, and so are its retransmissions; with `arq:onreq` libsrt does not request it. */
const ONE_IN_ROW: LossRules = { data: ({ index }) => index % 10 === 3 };
/** Half of every fourth matrix of 50 packets is lost, and so are the retransmissions. */
const HALF_A_MATRIX: LossRules = { data: ({ index }) => index % 200 < 25 };

interface Recorded {
  readonly payload: Uint8Array<ArrayBuffer>;
  readonly recorded: Uint8Array<ArrayBuffer>;
  readonly losses: LossSummary;
  readonly retransmitted: number;
  readonly dropped: number;
  readonly lost: number;
  readonly restored: number;
  readonly filterPackets: number;
}

/** Records one caller with this filter behind a link. */
async function record(
  filter: string | null,
  rules: LossRules,
  { args = [], encrypted = false }: { readonly args?: readonly string[]; readonly encrypted?: boolean } = {},
): Promise<Recorded> {
  using folder = new TemporaryFolder();
  await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, ...args], encrypted ? ENCRYPTED : {});
  await using link = new LossyLink(splitter.port, rules);
  await using caller = await SrtCaller.connect({
    port: link.port,
    latencyMs: LATENCY_MS,
    ...(filter === null ? {} : { packetFilter: filter }),
    ...(encrypted ? { passphrase: PASSPHRASE } : {}),
  });
  const payload = makePayload(MESSAGES);
  await caller.send(payload, { bitsPerSecond: RATE });
  await caller.waitUntilDelivered();
  caller.close();
  const { file, reason, statistics } = await splitter.event("session-end");
  assert.ok(file !== null && statistics !== null);
  assert.strictEqual(reason, "caller-closed");
  assert.strictEqual(statistics.pktRecvUniqueTotal + statistics.pktRcvDropTotal, MESSAGES);
  const { losses }: FinalSidecar = JSON.parse(Deno.readTextFileSync(`${file}.json`));
  assert.ok(losses !== null);
  return {
    payload,
    recorded: Deno.readFileSync(file),
    losses,
    retransmitted: statistics.pktRcvRetransTotal,
    dropped: statistics.pktRcvDropTotal,
    lost: statistics.pktRcvLossTotal,
    restored: statistics.pktRcvFilterSupplyTotal,
    filterPackets: link.filterPackets,
  };
}

/** The payload without the packets that a loss map lists. */
function withoutLosses(payload: Uint8Array<ArrayBuffer>, { gaps }: LossSummary): Uint8Array<ArrayBuffer> {
  const kept: Uint8Array<ArrayBuffer>[] = [];
  let sent = 0;
  let recorded = 0;
  for (const { offset, packets } of gaps) {
    kept.push(payload.subarray(sent, sent + offset - recorded));
    sent += offset - recorded + packets * LIVE_MESSAGE_BYTES;
    recorded = offset;
  }
  kept.push(payload.subarray(sent));
  return new Uint8Array(kept.flatMap((part) => [...part]));
}

const LAYOUTS = ["fec,cols:10", "fec,cols:10,rows:5", "fec,cols:10,rows:5,layout:even"] as const;

for (const layout of LAYOUTS) {
  for (const arq of ["always", "onreq", "never"] as const) {
    Deno.test(`with ${layout},arq:${arq} one lost packet in each row is restored`, () =>
      repeatIfDisturbed(async () => {
        const { payload, recorded, losses, retransmitted, lost, restored, filterPackets } = await record(
          `${layout},arq:${arq}`,
          ONE_IN_ROW,
        );
        assertSameBytes(recorded, payload);
        assert.deepStrictEqual([losses.packets, lost, restored], [0, MESSAGES / 10, MESSAGES / 10]);
        assert.strictEqual(retransmitted, 0); // the link loses the retransmissions too
        assert.ok(filterPackets >= MESSAGES / 10, `${filterPackets} packets of the filter`);
      }));
  }

  Deno.test(`with ${layout} what cannot be restored is in the loss map, and the rest is exact`, () =>
    repeatIfDisturbed(async () => {
      const { payload, recorded, losses, dropped } = await record(layout, HALF_A_MATRIX);
      assert.ok(losses.packets > 0);
      assert.deepStrictEqual([losses.packets, losses.gaps.length], [dropped, losses.gapsTotal]);
      assertSameBytes(recorded, withoutLosses(payload, losses));
    }));
}

Deno.test("what FEC cannot restore is requested with arq:onreq, and not with arq:never", () =>
  repeatIfDisturbed(async () => {
    // no packet at the end is lost: libsrt detects that a row cannot be restored only once later rows have arrived
    const once: LossRules = { data: ({ index, retransmitted }) => !retransmitted && index < 500 && index % 20 < 2 };
    const requested = await record("fec,cols:10,arq:onreq", once);
    assertSameBytes(requested.recorded, requested.payload);
    assert.ok(requested.retransmitted > 0);
    const never = await record("fec,cols:10,arq:never", once);
    assert.deepStrictEqual([never.retransmitted, never.losses.packets > 0], [0, true]);
    assertSameBytes(never.recorded, withoutLosses(never.payload, never.losses));
  }));

Deno.test("an encrypted caller with FEC is recorded exactly", () =>
  repeatIfDisturbed(async () => {
    const { payload, recorded, losses } = await record("fec,cols:10,rows:5", ONE_IN_ROW, { encrypted: true });
    assertSameBytes(recorded, payload);
    assert.strictEqual(losses.packets, 0);
  }));

Deno.test("packets that FEC restores around changes of the key are decrypted", () =>
  repeatIfDisturbed(async () => {
    using folder = new TemporaryFolder();
    await using splitter = await Splitter.listen([LOCAL, "--out", folder.path, "--stats", "200ms"], ENCRYPTED);
    await using link = new LossyLink(splitter.port, ONE_IN_ROW);
    await using caller = LiveTransmit.call({
      port: link.port,
      query:
        `latency=${LATENCY_MS}&passphrase=${PASSPHRASE}&packetfilter=fec,cols:10&kmrefreshrate=500&kmpreannounce=100`,
    });
    const payload = makePayload(5 * MESSAGES);
    await caller.send(payload, 2 * RATE);
    const { bytes, statistics } = await splitter.event("stats", (stats) => stats.bytes >= payload.length);
    await caller.hangUp();
    assert.deepStrictEqual([bytes, statistics?.pktRcvFilterSupplyTotal], [payload.length, MESSAGES / 2]);
    const { file } = await splitter.event("session-end");
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
  }));

Deno.test("a caller with an incomplete packet filter gets the missing parameters from the listener", () =>
  repeatIfDisturbed(async () => {
    const { payload, recorded, filterPackets } = await record("fec,cols:10", ONE_IN_ROW, {
      args: ["--srt", "packetfilter=fec,cols:10,rows:5,arq:never"],
    });
    assertSameBytes(recorded, payload);
    assert.ok(filterPackets > MESSAGES / 10, `${filterPackets} packets of the filter`); // rows and columns
  }));

Deno.test("a caller without a packet filter is recorded exactly by a listener with one, whether libsrt uses it or not", () =>
  repeatIfDisturbed(async () => {
    const once: LossRules = { data: ({ index, retransmitted }) => !retransmitted && index < 500 && index % 10 === 3 };
    const { payload, recorded } = await record(null, once, { args: ["--srt", "packetfilter=fec,cols:10,rows:5"] });
    assertSameBytes(recorded, payload);
  }));

Deno.test("a caller that supports no packet filter is recorded without the packet filter of the listener", () =>
  repeatIfDisturbed(async () => {
    using folder = new TemporaryFolder();
    const args = ["--out", folder.path, "--srt", "packetfilter=fec,cols:10,rows:5"];
    await using splitter = await Splitter.listen([LOCAL, ...args]);
    const seen = new Set<number>();
    await using relay = new UdpRelay(splitter.port, (datagram, toListener) => {
      const sequence = datagram.getUint32(0);
      if (!toListener || sequence >= CONTROL || sequence % 20 !== 0 || seen.has(sequence)) return false;
      if (seen.size === MESSAGES / 20 - 1) return false; // no later packet would show that the last one is missing
      seen.add(sequence);
      return true; // the packet is lost, its retransmission is not
    }, { rewrites: withoutFilterCapability });
    await using caller = await SrtCaller.connect({ port: relay.port, latencyMs: LATENCY_MS });
    const payload = makePayload(MESSAGES);
    await caller.send(payload, { bitsPerSecond: RATE });
    await caller.waitUntilDelivered();
    caller.close();
    const { file, statistics } = await splitter.event("session-end");
    assertSameBytes(Deno.readFileSync(file ?? ""), payload);
    assert.ok((statistics?.pktRcvRetransTotal ?? 0) >= seen.size, JSON.stringify(statistics));
  }));

for (
  const [filter, own, text] of [
    [
      "fec,cols:10",
      "fec,cols:20",
      /^the packet filter of the caller, "fec,cols:10", cannot be used: cols is 10 in the caller and 20 /,
    ],
    ["fec,cols:10,arq:always", "fec,cols:10,arq:never", /arq is always in the caller and never in the listener$/],
    ["fec,cols:100000,rows:2", null, /: cols must be at most 127, not 100000$/],
    ["fec,cols:120,rows:120", null, /: its matrix of 120 times 120 packets is too large: at most 4096 in all$/],
  ] as const
) {
  Deno.test(`a caller with ${filter} is refused with 14 if the listener has ${own ?? "none"}`, async () => {
    const args = own === null ? [] : ["--srt", `packetfilter=${own}`];
    await using splitter = await Splitter.listen([LOCAL, "--spares", "0", ...args]);
    await assert.rejects(SrtCaller.connect({ port: splitter.port, packetFilter: filter }), { rejectReason: 14 });
    const refused = await splitter.event("refused");
    assert.strictEqual(refused.reason, 14);
    assert.match(refused.text, text);
    assert.deepStrictEqual(childrenOf(splitter.pid), []);
  });
}

/** Control packets have the first bit set. */
const CONTROL = 0x8000_0000;
/**
 * First word and type of a CONCLUSION; offsets of the type, and of the flags if HSREQ is the first block (draft-sharabayko-srt
 * 3.2.1).
 */
const [HANDSHAKE, CONCLUSION, TYPE_OFFSET, FLAGS_OFFSET] = [0x8000_0000, 0xffff_ffff, 36, 72];

/** Returns the caller's CONCLUSION as a caller without support for packet filters sends it. */
function withoutFilterCapability(datagram: Uint8Array<ArrayBuffer>, toListener: boolean): Uint8Array<ArrayBuffer> {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  if (!toListener || view.getUint32(0) !== HANDSHAKE || view.getUint32(TYPE_OFFSET) !== CONCLUSION) return datagram;
  view.setUint32(FLAGS_OFFSET, view.getUint32(FLAGS_OFFSET) & ~HSREQ_FLAG.FILTERCAP);
  return datagram;
}
