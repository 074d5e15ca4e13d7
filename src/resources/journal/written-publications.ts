/** How many are remembered, so that what never ends does not take more and more memory. */
const MAX_REMEMBERED = 10_000;

interface Noted {
  readonly note: { readonly id: string };
}

/**
 * Knows what this server has written in the outbox, and emits by itself once the transaction has committed. Another
 * server may tell of it meanwhile, if this one is slow: it does not know that its sender is there still.
 */
export class WrittenPublications {
  private readonly ids = new Set<string>();

  add(publications: readonly Noted[]): void {
    for (const { note } of publications) this.ids.add(note.id);
    for (const oldest of this.ids) {
      if (this.ids.size <= MAX_REMEMBERED) break;
      this.ids.delete(oldest);
    }
  }

  has({ note }: Noted): boolean {
    return this.ids.has(note.id);
  }

  forget(publications: readonly Noted[]): void {
    for (const { note } of publications) this.ids.delete(note.id);
  }
}
