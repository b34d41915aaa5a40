/**
 * Recognizes a packet with which the decoding of a video can begin: a random-access point.
 *
 * @module
 */

/** `stream_type` of the PMT entry (ISO/IEC 13818-1:2023, table 2-34). */
const STREAM_TYPE = { mpeg1: 0x01, mpeg2: 0x02, mpeg4: 0x10, h264: 0x1b, h265: 0x24 } as const;

/** By `stream_type`: reports whether the byte after a start code (00 00 01) begins a part that only random-access points have. */
const KEY_PARTS: Readonly<Record<number, (code: number) => boolean>> = {
  [STREAM_TYPE.mpeg1]: isSequenceHeader,
  [STREAM_TYPE.mpeg2]: isSequenceHeader,
  // visual_object_sequence_start_code and group_of_vop_start_code (ISO/IEC 14496-2, 6.2.1)
  [STREAM_TYPE.mpeg4]: (code) => code === 0xb0 || code === 0xb3,
  // IDR picture and sequence parameter set (ITU-T H.264, table 7-1)
  [STREAM_TYPE.h264]: (code) => [5, 7].includes(code & 0x1f),
  // pictures that decoding can begin with, video and sequence parameter sets (ITU-T H.265, table 7-1)
  [STREAM_TYPE.h265]: (code) => {
    const type = code >> 1 & 0x3f;
    return (type >= 16 && type <= 21) || type === 32 || type === 33;
  },
};

/**
 * Reports whether decoding can begin with this packet. Many encoders mark such a packet (`random_access_indicator`). Without the
 * mark, the start codes in the packet decide, for MPEG-1, MPEG-2, MPEG-4 part 2, H.264 and H.265.
 *
 * @param packet A TS packet of the video, in which a PES packet starts.
 * @param type `stream_type` of the video.
 */
export function isRandomAccess(packet: Uint8Array, type: number): boolean {
  const [, , , control = 0, fieldBytes = 0, flags = 0] = packet;
  const hasField = (control & 0x20) !== 0;
  if (hasField && fieldBytes > 0 && (flags & 0x40) !== 0) return true;
  const isKey = KEY_PARTS[type];
  if (isKey === undefined) return false;
  for (let at = hasField ? 5 + fieldBytes : 4; at + 3 < packet.length; at += 1) {
    if (packet[at] === 0 && packet[at + 1] === 0 && packet[at + 2] === 1 && isKey(packet[at + 3] ?? 0)) return true;
  }
  return false;
}

/** `sequence_header_code` and `group_start_code` (ISO/IEC 13818-2, table 6-1). */
function isSequenceHeader(code: number): boolean {
  return code === 0xb3 || code === 0xb8;
}
