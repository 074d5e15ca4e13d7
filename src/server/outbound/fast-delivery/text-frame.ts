/** The first byte of a whole text message in the protocol of websockets. */
const WHOLE_TEXT = 0x81;

/** How many bytes a message has whose length stands in the second byte, and in two bytes behind it. */
const SHORT = 125;
const MEDIUM = 65_535;

/** Makes the frame in which a server sends a text; `undefined` if it is so long that its length needs more bytes. */
export function textFrame(text: string): Buffer | undefined {
  const length = Buffer.byteLength(text);
  if (length > MEDIUM) return undefined;
  const start = length > SHORT ? 4 : 2;
  const frame = Buffer.allocUnsafe(start + length);
  frame[0] = WHOLE_TEXT;
  if (length > SHORT) {
    frame[1] = SHORT + 1;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = length;
  }
  frame.write(text, start);
  return frame;
}
