import type { DeliveryNote } from '../../../protocol/notes.js';
import type { SentPublication } from '../../journal/sent-publication.js';

/** How many are remembered: a publication arrives in all namespaces one right after the other. */
const MAX_REMEMBERED = 1_000;

/** Remembers the notes of publications of other servers, which arrive once for each namespace but are counted once. */
export class RecentNotes {
  private readonly notes = new Map<string, DeliveryNote | undefined>();

  noteOf({ note: { id } }: SentPublication, count: () => DeliveryNote | undefined): DeliveryNote | undefined {
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
