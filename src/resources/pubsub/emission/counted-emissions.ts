import type { Namespace } from 'socket.io';
import type { DeliveryNote } from '../../../protocol/notes.js';
import { deliveryLaneOf } from '../../../server/cluster/delivery/delivery-lane.js';
import { sendLate } from '../../../server/cluster/delivery/late-sends.js';
import type { SharedJournal } from '../../../server/cluster/journal/journal.js';
import { type Standing, standingOf } from '../../../server/cluster/delivery/standing.js';
import { reportUnsent } from '../../../server/cluster/server-messages.js';
import type { SocketsServer } from '../../../server/sockets-server.js';
import type { PublicationJournal } from '../../journal/publication-journal.js';
import { announcementOf, PUBLISHED, type SentPublication } from '../../journal/sent-publication.js';
import type { WrittenPublications } from '../../journal/written-publications.js';
import type { Publication } from '../publication.js';
import type { EmissionOutcome } from '../steps/pipeline-steps.js';
import type { Emission, Emissions } from './emissions.js';
import type { Losses } from './losses/losses.js';
import { allowedOf } from './plain-emissions.js';

/**
 * How long a publication waits for its position while the journal answers late or not at all, in milliseconds: clients
 * are to wait for that once, not for each message.
 */
const SHORT_TIMEOUT = 20;

type Arrivals = Promise<boolean>;

interface Workers {
  readonly server: SocketsServer;
  readonly journal: PublicationJournal;
  /** The one that servers share. */
  readonly shared: SharedJournal;
  readonly written: WrittenPublications;
  readonly losses: Losses;
}

/** What is done with a publication; the rest is there where it may not be emitted at all. */
interface Counting extends EmissionOutcome {
  readonly known?: () => void;
  /** Whether its recipients leave their rooms with it. */
  readonly endsRecord?: boolean;
  /** The same as the other servers are told it. */
  readonly told: SentPublication;
}

/** Finds out who is to be sent what. */
interface Recipients {
  readonly emissions: Emissions;
  emissionsOf(namespace: Namespace, sent: SentPublication, to: 'ids'): Emission[];
  currentOf(sent: SentPublication): SentPublication | undefined;
  currentEmissions(namespace: Namespace, sent: SentPublication, to: 'ids'): Emission[];
}

/** Emits publications that the journal which servers share counts, and tells the others. */
export class CountedEmissions {
  /** Whether the journal did not answer in time when it was last asked. */
  private isSlow = false;

  constructor(
    private readonly workers: Workers,
    private readonly recipients: Recipients,
  ) {}

  /**
   * Emits a publication once it is counted. Who is to hear it is decided now: whoever enters or leaves meanwhile does
   * so afterwards, and readers catch up.
   *
   * @returns a promise where it may not be emitted at all, fulfilled once that is known, or would take too long
   */
  emit(
    sent: SentPublication,
    namespaces: readonly Namespace[],
    publication: Publication,
    outcome: EmissionOutcome,
  ): void | Promise<void> {
    const { elsewhere: consequences } = publication;
    const told = consequences ? { ...sent, consequences } : sent;
    if (outcome.dropped === undefined) return this.count(sent, namespaces, { ...outcome, told });
    // Its recipients leave their rooms with a destroyed record, so that nobody catches up who has entered.
    const endsRecord = publication.retires === true;
    return new Promise((known) => this.count(sent, namespaces, { ...outcome, known, endsRecord, told }));
  }

  private count(
    sent: SentPublication,
    namespaces: readonly Namespace[],
    { known, endsRecord, told, ...outcome }: Counting,
  ): void {
    const { server, journal, shared, written, losses } = this.workers;
    const { recipients } = this;
    const prepared = namespaces.map(
      (namespace) => [namespace, recipients.emissionsOf(namespace, sent, 'ids')] as const,
    );
    const since = performance.now();
    const isHeard = prepared.some(([, emissions]) => emissions.some(({ to }) => to.length > 0));
    const inOrder = deliveryLaneOf(server.io).add(isHeard ? sent.topics : []);
    const isCertain = known === undefined;
    // What is written is counted if the transaction has committed, and not otherwise.
    const outbox = !isCertain && written.has(sent) ? shared.outbox : undefined;
    if (isCertain) outcome.emitted();
    let isOver = false;
    const finish = (note: DeliveryNote | undefined, place?: Standing, isLate = false, arrivals?: Arrivals): void => {
      if (isOver && !isLate) return;
      isOver = true;
      clearTimeout(timer);
      const emitNow = (): void => {
        if (!note) return;
        // A newer version may have come from another server meanwhile.
        const current = recipients.currentOf(sent);
        for (const [namespace, emissions] of prepared) {
          const now =
            current !== sent
              ? recipients.currentEmissions(namespace, sent, 'ids')
              : endsRecord
                ? [...emissions, ...this.emissionsToOthers(namespace, sent, emissions)]
                : emissions;
          recipients.emissions.perform(namespace, sent, allowedOf(namespace, sent, now, since), note);
        }
        if (isCertain) return;
        if (!current) outcome.outdated?.();
        else outcome.emitted(place, arrivals);
      };
      if (isLate) emitNow();
      else inOrder(emitNow, place && { stream: sent.resource, ...place });
      known?.();
    };
    // Of one that may not be sent at all, nothing is sent before that is known; others need not wait for it.
    const giveUp = (): void => {
      if (isCertain) journal.noteLate();
      finish(isCertain ? sent.note : undefined);
    };
    const isTooLate = (): void => {
      this.isSlow = true;
      giveUp();
    };
    const patience = this.isSlow ? Math.min(SHORT_TIMEOUT, journal.timeout) : journal.timeout;
    // An answer that has come while the process was busy is read between two timers, not before the first. After that
    // it is sent without, and clients find out later whether they have missed anything.
    let timer = setTimeout(() => (timer = setTimeout(isTooLate, patience / 2)), patience / 2);
    const announcement = announcementOf(told, namespaces);
    losses.astray.begins(sent.resource);
    journal.appendShared(outbox ?? shared, told, announcement, isHeard).then(
      (counted) => {
        if (performance.now() - since < journal.timeout) this.isSlow = false;
        // Another server may have been faster; then this one has emitted it already.
        const isTold = outbox !== undefined && written.isTold(sent);
        if (outbox) written.forget([sent]);
        if (isTold || (!counted && isCertain)) sendLate(() => outcome.lost?.());
        else if (!counted) sendLate(() => outcome.dropped?.());
        const note = isTold ? undefined : counted?.note;
        const place = counted && standingOf(counted.place);
        const isSettled = !isCertain || outcome.counted !== undefined;
        const missing = counted && isSettled ? shared.arrivals?.(counted.place) : undefined;
        const arrivals = missing && losses.astray.untilHeard(sent.resource, missing);
        losses.astray.ends(sent.resource);
        if (isOver && !isCertain) return finish(note, place, true, arrivals);
        const isLate = isOver;
        if (isLate && note) this.tellLatePosition(sent, prepared, since, note);
        finish(note, place, false, arrivals);
        if (!isCertain || !place || !outcome.counted) return;
        const { counted: settle, unsettled } = outcome;
        if (!arrivals) sendLate(() => settle(place, isLate));
        // What others have said before this may yet come: it has been sent without that.
        else void arrivals.then((isWhole) => sendLate(() => (isWhole ? settle(place, true) : unsettled?.(place))));
      },
      (error: unknown) => {
        losses.astray.ends(sent.resource);
        if (outbox) {
          // It is in the outbox yet, if it was committed: one of the servers tells all of them of it.
          written.forget([sent]);
          finish(undefined);
        } else {
          reportUnsent(server.io, PUBLISHED, error);
          losses.note(shared, sent.resource);
          if (!isOver) giveUp();
        }
        sendLate(() => outcome.lost?.());
      },
    );
  }

  /**
   * Returns what members who are not among these recipients are sent: readers who have entered since, perhaps with what
   * was there before the end of the record.
   */
  private emissionsToOthers(namespace: Namespace, sent: SentPublication, emissions: readonly Emission[]): Emission[] {
    const known = new Set(emissions.flatMap(({ to }) => to));
    const now = this.recipients.emissionsOf(namespace, sent, 'ids');
    return now.map((emission) => ({ ...emission, to: emission.to.filter((id) => !known.has(id)) }));
  }

  /** Tells those who were sent a publication without its position what that is, by the time it is known. */
  private tellLatePosition(
    sent: SentPublication,
    prepared: ReadonlyArray<readonly [Namespace, readonly Emission[]]>,
    since: number,
    note: DeliveryNote,
  ): void {
    for (const [namespace, emissions] of prepared) {
      const notes = allowedOf(namespace, sent, emissions, since).map(({ to }) => ({ to }));
      this.recipients.emissions.perform(namespace, sent, notes, note);
    }
  }
}
