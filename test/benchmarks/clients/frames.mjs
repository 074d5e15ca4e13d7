// Frames of the WebSocket protocol (RFC 6455), as far as a measuring client needs them.

const TEXT = 1;
const CLOSE = 8;
const NO_MASK = Buffer.alloc(4);

/** Encodes a text as a client does. The mask is zero, so that masking costs nothing. */
export function encodeFrame(text) {
  const payload = Buffer.from(text);
  const { length } = payload;
  let head;
  if (length < 126) head = Buffer.from([0x80 | TEXT, 0x80 | length]);
  else if (length < 65_536) head = Buffer.from([0x80 | TEXT, 0x80 | 126, length >> 8, length & 255]);
  else {
    head = Buffer.alloc(10);
    head.writeUInt16BE(((0x80 | TEXT) << 8) | 0xff);
    head.writeBigUInt64BE(BigInt(length), 2);
  }
  return Buffer.concat([head, NO_MASK, payload]);
}

/** Reads the texts of a stream of a server's frames. */
export class FrameReader {
  #rest;

  /** Whether everything so far has been read as whole frames. */
  get isBetween() {
    return this.#rest === undefined;
  }

  /** Returns the texts that are complete with this chunk, whose memory is not kept. */
  read(chunk) {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    const texts = [];
    let start = 0;
    for (;;) {
      const frame = headOf(bytes, start);
      if (frame === undefined || frame.end > bytes.length) break;
      if (frame.opcode !== TEXT)
        throw new Error(`A frame of kind ${frame.opcode}${frame.opcode === CLOSE ? ': closed' : ''}`);
      texts.push(bytes.utf8Slice(frame.start, frame.end));
      start = frame.end;
    }
    this.#rest = start === bytes.length ? undefined : Buffer.from(bytes.subarray(start));
    return texts;
  }
}

function headOf(bytes, at) {
  if (bytes.length < at + 2) return undefined;
  if ((bytes[at] & 0xf0) !== 0x80) throw new Error(`A frame that begins with ${bytes[at]}: compressed, or in parts`);
  const short = bytes[at + 1] & 0x7f;
  const size = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < at + size) return undefined;
  const length =
    short === 126 ? bytes.readUInt16BE(at + 2) : short === 127 ? Number(bytes.readBigUInt64BE(at + 2)) : short;
  return { opcode: bytes[at] & 15, start: at + size, end: at + size + length };
}
