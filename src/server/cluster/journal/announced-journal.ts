import type { Namespace } from 'socket.io';
import { isRecord } from '../../../common/type-guards.js';
import { ADAPTER_BUS, type Bus } from '../bus.js';
import { DeliveryLane } from '../delivery/delivery-lane.js';
import { reportUnsent } from '../server-messages.js';
import type {
  Announcement,
  ClusterJournal,
  Entry,
  History,
  HistoryQuestion,
  Place,
  Positions,
  SharedJournal,
} from './journal.js';
import { NumberedMessages } from './numbered-messages.js';

/** How often a server says something, so that others notice that they have missed the last message, in milliseconds. */
const INTERVAL = 5_000;

/** A message that has a number, and says nothing else. */
const NOTHING = '';

/**
 * Tells the other servers of the entries of a journal by Socket.IO's adapter. Whatever is sent while an entry is
 * counted waits for it, so that the servers hear everything in the order of the calls.
 */
export class AnnouncedJournal implements SharedJournal, Bus {
  /** What another server has counted before may be announced later. */
  readonly isInOrder = false;
  private readonly lane = new DeliveryLane();
  private readonly numbered = new NumberedMessages();
  private readonly heardAgainListeners: Array<() => void> = [];
  private opened: ClusterJournal | undefined;
  private timeout = 0;

  /**
   * Begins to tell of the entries of a journal, which is known later than what carries messages.
   *
   * @param timeout how long a message waits for the place of its entry, in milliseconds, before it is sent without
   */
  use(journal: ClusterJournal, timeout: number): void {
    this.opened = journal;
    this.timeout = timeout;
  }

  async append(entry: Entry, { namespaces, text: [before, between, after] }: Announcement): Promise<Place | undefined> {
    const { json: data } = entry;
    const inOrder = this.lane.add();
    let isOver = false;
    const announce = (text: string | undefined): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      inOrder(() => text !== undefined && this.sendNow(namespaces, text));
    };
    // Whether one with a key is to be sent at all is not known before.
    const giveUp = (): void => announce(entry.once === undefined ? before + data + after : undefined);
    const timer = setTimeout(giveUp, this.timeout);
    try {
      const place = await this.journal.append(entry);
      const text = place && before + data + between + textOf(place) + after;
      if (isOver && text !== undefined && entry.once !== undefined) this.sendNow(namespaces, text);
      announce(text);
      return place;
    } catch (error) {
      giveUp();
      throw error;
    }
  }

  positionsOf(streams: readonly string[]): Promise<Positions> {
    return this.journal.positionsOf(streams);
  }

  read(question: HistoryQuestion): Promise<History> {
    return this.journal.read(question);
  }

  forget(stream: string): Promise<void> {
    return this.journal.forget(stream);
  }

  placeIn(told: unknown): Place | undefined {
    if (!isRecord(told) || !isRecord(told.epoch)) return undefined;
    const { epoch, position, previous } = told as { epoch: Record<string, unknown> } & Record<string, unknown>;
    if (typeof epoch.id !== 'string' || typeof epoch.key !== 'string') return undefined;
    if (typeof position !== 'number' || !Array.isArray(previous)) return undefined;
    return { epoch: { id: epoch.id, key: epoch.key }, position, previous: previous as number[] };
  }

  send(namespace: Namespace, text: string): void {
    if (this.lane.isFree) void ADAPTER_BUS.send(namespace, this.numbered.number(namespace, text));
    else this.lane.add()(() => this.sendNow([namespace], text));
  }

  receive(namespace: Namespace, listener: (text: unknown) => void): () => void {
    const end = ADAPTER_BUS.receive(namespace, (received) => {
      const { text, isAfterLoss } = this.numbered.read(namespace, received);
      if (text !== NOTHING) listener(text);
      if (isAfterLoss) for (const tell of this.heardAgainListeners) tell();
    });
    const count = (): void => this.sendNow([namespace], NOTHING);
    // So that the others miss the first one, too, if it is lost.
    count();
    const timer = setInterval(count, INTERVAL).unref();
    return () => {
      clearInterval(timer);
      end();
    };
  }

  onHeardAgain(listener: () => void): void {
    this.heardAgainListeners.push(listener);
  }

  private get journal(): ClusterJournal {
    if (!this.opened) throw new Error('The journal was not opened.');
    return this.opened;
  }

  private sendNow(namespaces: readonly Namespace[], text: string): void {
    for (const namespace of namespaces) {
      try {
        void ADAPTER_BUS.send(namespace, this.numbered.number(namespace, text));
      } catch (error) {
        reportUnsent(namespace.server, 'published', error);
      }
    }
  }
}

function textOf({ epoch, position, previous }: Place): string {
  return JSON.stringify({ epoch, position, previous });
}
