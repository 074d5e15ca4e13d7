interface Noted {
  readonly note: { readonly id: string };
}

/**
 * Knows what this server has written in the outbox, and emits by itself once the transaction has committed. Another
 * server may tell of it meanwhile, if this one is slow: it does not know that its sender is there still.
 *
 * Each is forgotten when it has been sent, or rolled back, as what waits for the commit is.
 */
export class WrittenPublications {
  /** By the ids of their notes: whether they were told by another server, or as by another one. */
  private readonly areTold = new Map<string, boolean>();

  add(publications: readonly Noted[]): void {
    for (const { note } of publications) this.areTold.set(note.id, false);
  }

  has({ note }: Noted): boolean {
    return this.areTold.has(note.id);
  }

  /** Notes that it was told, if it is one of them. */
  noteTold(publication: Noted): void {
    if (this.has(publication)) this.areTold.set(publication.note.id, true);
  }

  isTold({ note }: Noted): boolean {
    return this.areTold.get(note.id) === true;
  }

  forget(publications: readonly Noted[]): void {
    for (const { note } of publications) this.areTold.delete(note.id);
  }
}
