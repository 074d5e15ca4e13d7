import type { DeliveryNote } from '../../../../protocol/notes.js';

/** A message as it was handed on, or the place of one that was not for this client. */
export interface LoggedMessage {
  readonly resource: string;
  readonly message: unknown;
  readonly note: Partial<DeliveryNote>;
}

/** The most messages that are kept. */
const MAX_MESSAGES = 1_000;

/** Keeps what was handed on lately, for answers that are late: they lack what was published after they were read. */
export class MessageLog {
  readonly #messages: LoggedMessage[] = [];
  /** The last position that was forgotten, by resource. */
  readonly #forgotten = new Map<string, LoggedMessage>();

  /** @param isKept whether anybody may ask for it */
  add(message: LoggedMessage, isKept: boolean): void {
    this.#messages.push(message);
    this.#keep(isKept ? MAX_MESSAGES : 0);
  }

  /**
   * Returns what was published after a position, in order, and handed on; `undefined` if not all of it is known any
   * more.
   */
  after(resource: string, epoch: string, base: number): LoggedMessage[] | undefined {
    const isLater = (one: LoggedMessage | undefined): boolean =>
      one?.note.epoch === epoch && one.resource === resource && positionOf(one) > base;
    if (isLater(this.#forgotten.get(resource))) return undefined;
    return this.#messages.filter(isLater).sort((one, other) => positionOf(one) - positionOf(other));
  }

  clear(): void {
    this.#keep(0);
  }

  #keep(most: number): void {
    const excess = Math.max(0, this.#messages.length - most);
    for (const message of this.#messages.splice(0, excess)) this.#forgotten.set(message.resource, message);
  }
}

function positionOf({ note }: LoggedMessage): number {
  return Math.max(0, ...Object.values(note.topics ?? {}).flat());
}
