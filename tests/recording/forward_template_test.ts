import assert from "node:assert/strict";
import { parseStreamId } from "../../mod/packet/stream_id.ts";
import { type ForwardTemplate, forwardTicket } from "../../mod/recording/forward_template.ts";

const CALL: Omit<ForwardTemplate, "streamId"> = {
  host: "192.0.2.9",
  port: 9000,
  latencyMs: null,
  keyLength: null,
  connectTimeoutMs: null,
  passphrase: null,
  libsrt: null,
};
const STANDARD = ["#!::r=", { field: "stream" }, ",m=publish"] as const;

/** Returns the stream ID with which a session is forwarded. */
function streamIdOf(parts: ForwardTemplate["streamId"], stream: string): string | null {
  return forwardTicket({ ...CALL, streamId: parts }, { values: { stream }, utc: true, startMs: 0 }).streamId;
}

for (
  const [stream, forwarded] of [
    ["live/cam1", "live/cam1"],
    ["x,r=admin", "x_r_admin"],
    ["x,m=request,u=root", "x_m_request_u_root"],
    [".admin", ".admin"],
    ["admin-", "admin-"],
    ["live/../x", "live/_/x"],
    ["../vip/cam1", "_/vip/cam1"],
    ["a b", "a_b"],
  ] as const
) {
  Deno.test(`a session with the stream name ${stream} is forwarded as ${forwarded}, and adds no key`, () => {
    const { name, mode, keys } = parseStreamId(streamIdOf(STANDARD, stream));
    assert.deepStrictEqual([name, mode, [...keys.keys()]], [forwarded, "publish", ["r", "m"]]);
  });
}

for (const [stream, forwarded] of [["cam,mode=request", "cam_mode_request"], ["publish/cam", "publish_cam"]] as const) {
  Deno.test(`a caller named ${stream} cannot choose mode or name of a stream ID that is only a field`, () => {
    const streamId = streamIdOf([{ field: "stream" }], stream);
    const { name, mode } = parseStreamId(streamId);
    assert.deepStrictEqual([streamId, name, mode], [forwarded, forwarded, null]);
  });
}
