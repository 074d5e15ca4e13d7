import type { Namespace } from 'socket.io';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { deliveryLaneOf } from '../../../server/cluster/delivery/delivery-lane.js';
import { standingOf } from '../../../server/cluster/delivery/standing.js';
import { hearOtherServers } from '../../../server/cluster/server-messages.js';
import type { ResourceRegistry } from '../../definition/resource-registry.js';
import type { PublicationJournal } from '../../journal/publication-journal.js';
import { PUBLISHED, readSentPublication, RELAYED, type SentPublication } from '../../journal/sent-publication.js';
import type { WrittenPublications } from '../../journal/written-publications.js';
import type { ResourceNamespaces } from '../../subscriptions/resource-namespaces.js';
import type { Consequences } from '../steps/consequences.js';
import type { Emission, Emissions } from './emissions.js';
import type { Losses } from './losses/losses.js';
import { allowedOf } from './plain-emissions.js';

/** How many notes are remembered: a publication arrives in all namespaces one right after the other. */
const MAX_REMEMBERED = 1_000;

interface Workers {
  readonly registry: ResourceRegistry;
  readonly namespaces: ResourceNamespaces;
  readonly consequences: Consequences;
  readonly written: WrittenPublications;
  readonly losses: Losses;
  /** `undefined` where publications have no positions. */
  readonly journal: PublicationJournal | undefined;
}

/** Finds out who is to be sent what. */
interface Recipients {
  readonly emissions: Emissions;
  currentEmissions(namespace: Namespace, sent: SentPublication, to: 'ids' | 'rooms'): Emission[];
}

/** Emits what other servers publish to the sockets of this one, and does what follows from it. */
export class HeardPublications {
  /** Of publications, which arrive once for each namespace but are counted once. */
  private readonly notes = new Map<string, DeliveryNote | undefined>();

  constructor(
    private readonly workers: Workers,
    private readonly recipients: Recipients,
  ) {}

  listen(namespaces: readonly Namespace[]): void {
    const { consequences, journal, losses, written } = this.workers;
    for (const namespace of namespaces) {
      hearOtherServers(namespace, PUBLISHED, (told, place, number) => {
        const sent = readSentPublication(told);
        if (!losses.take(namespace, number, true)) return;
        this.emit(namespace, sent, place);
        if (sent.consequences) consequences.draw(namespace, sent, sent.consequences, journal?.shared?.placeIn(place));
      });
      hearOtherServers(namespace, RELAYED, (told, place, age, what) => {
        const sent = readSentPublication(told);
        written.noteTold(sent);
        this.emit(namespace, sent, place);
        consequences.draw(namespace, sent, what, journal?.shared?.placeIn(place), age);
      });
    }
    journal?.onRelayed((sent, what) => consequences.announce(sent, what));
  }

  private emit(namespace: Namespace, sent: SentPublication, place: unknown): void {
    const { registry, namespaces } = this.workers;
    // Nobody follows what no part of this application has declared.
    const journal = registry.find(sent.resource) ? this.workers.journal : undefined;
    const count = (): DeliveryNote | undefined => (journal ? journal.noteFrom(sent, place) : sent.note);
    const note = namespaces.of(sent.resource).length > 1 ? this.noteOf(sent, count) : count();
    if (!note) return;
    const order = deliveryLaneOf(namespace.server);
    const isLater = order.holds(sent.topics);
    const { emissions } = this.recipients;
    const to = isLater || emissions.areHeld(namespace) ? 'ids' : 'rooms';
    const current = this.recipients.currentEmissions(namespace, sent, to);
    if (!isLater) return emissions.perform(namespace, sent, current, note);
    const since = performance.now();
    const at = journal?.shared?.placeIn(place);
    order.addHeard(
      () => emissions.perform(namespace, sent, allowedOf(namespace, sent, current, since), note),
      at && { stream: sent.resource, ...standingOf(at) },
    );
  }

  private noteOf({ note: { id } }: SentPublication, count: () => DeliveryNote | undefined): DeliveryNote | undefined {
    if (this.notes.has(id)) return this.notes.get(id);
    const note = count();
    this.notes.set(id, note);
    for (const oldest of this.notes.keys()) {
      if (this.notes.size <= MAX_REMEMBERED) break;
      this.notes.delete(oldest);
    }
    return note;
  }
}
