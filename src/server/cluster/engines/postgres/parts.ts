/**
 * How much text one notification of Postgres has. It takes less than 8,000 bytes, of which some are for the part's
 * number.
 */
const PART_LENGTH = 7_800;

/** How long a text may be that others send, in characters: what they say of its length need not be true. */
const MAX_LENGTH = 64 * 1024 * 1024;

/** Names one of the texts of a server. */
export interface TextId {
  sender: string;
  number: number;
}

/** One text, whole again. */
export interface Received extends TextId {
  text: string;
}

/**
 * Splits a text of JSON into notifications. All that is not ASCII is escaped, so that a character is a byte, and a
 * database of any encoding takes it.
 */
export function split(json: string, { sender, number }: TextId): string[] {
  const text = escaped(json);
  const count = Math.max(1, Math.ceil(text.length / PART_LENGTH));
  return Array.from(
    { length: count },
    (_, part) => `${sender}.${number}.${part + 1}.${count}:${text.slice(part * PART_LENGTH, (part + 1) * PART_LENGTH)}`,
  );
}

/** Returns the same JSON, in ASCII. */
export function escaped(json: string): string {
  return json.replaceAll(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/**
 * Joins the parts of texts. Those of one text are sent in one transaction, so nothing comes between them.
 */
export class Parts {
  private current: { id: string; parts: string[] } | undefined;

  /**
   * @returns the text that this was the last part of
   * @throws TypeError when it is no part of a text, or not the one that should come
   */
  add(notification: string): Received | undefined {
    const [head, sender, number, part, count] =
      /^([\w-]{1,64})\.(\d{1,15})\.(\d{1,6})\.(\d{1,6}):/.exec(notification) ?? [];
    if (head === undefined) throw new TypeError('It is no part of a message.');
    const text = notification.slice(head.length);
    const done = { sender, number: Number(number) };
    if (part === '1' && count === '1') return { ...done, text };

    const id = `${sender}.${number}.${count}`;
    if (part === '1') this.current = { id, parts: [] };
    const { current } = this;
    if (current?.id !== id || current.parts.length + 1 !== Number(part) || Number(part) * PART_LENGTH > MAX_LENGTH) {
      this.current = undefined;
      throw new TypeError('Parts of the message are missing.');
    }
    current.parts.push(text);
    if (part !== count) return undefined;
    this.current = undefined;
    return { ...done, text: current.parts.join('') };
  }
}
