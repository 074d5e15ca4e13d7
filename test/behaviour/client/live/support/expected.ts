import type { Card } from './board.js';

/** A new title that is shown at once. */
export interface Retitled {
  readonly id: number;
  readonly title: string;
  /** The one that the server has given the card by it; `undefined` if nobody knows, or if it was refused. */
  version: number | undefined;
  /** What was shown of the card since. */
  readonly shown: Card[];
}

/** A card that is shown at once, by an id that only its client knows. */
export interface Created {
  readonly temporaryId: number;
  /** The one that the server has given it; `undefined` if nobody knows. */
  id: number | undefined;
  /** The ids that were shown since, each time. */
  readonly shown: number[][];
}

/** A card that is not shown any more, at once. */
export interface Removed {
  readonly id: number;
  isDone: boolean;
  readonly shown: number[][];
}

/** What a live query is expected to show, since its own client has changed something by it. */
export class Expected {
  private readonly retitled: Retitled[] = [];
  private readonly created: Created[] = [];
  private readonly removed: Removed[] = [];

  retitle(id: number, title: string): Retitled {
    const one = { id, title, version: undefined, shown: [] };
    this.retitled.push(one);
    return one;
  }

  create(temporaryId: number): Created {
    const one = { temporaryId, id: undefined, shown: [] };
    this.created.push(one);
    return one;
  }

  remove(id: number): Removed {
    const one = { id, isDone: false, shown: [] };
    this.removed.push(one);
    return one;
  }

  see(rows: Card[]): void {
    for (const { id, shown } of this.retitled) shown.push(...rows.filter((row) => row.id === id));
    for (const { shown } of [...this.created, ...this.removed]) shown.push(rows.map(({ id }) => id));
  }

  /** Whether a row may be shown that is no state of a record. */
  mayShow({ id, title }: Card): boolean {
    return (
      this.created.some(({ temporaryId }) => temporaryId === id) ||
      this.retitled.some((one) => one.id === id && one.title === title)
    );
  }

  /**
   * What was to be shown from the call on and was not.
   *
   * @param mayGo the ids of cards that somebody may have taken out of a list
   */
  mistakes(mayGo: ReadonlySet<number>): unknown[] {
    return [
      ...this.retitled.flatMap((one) => this.vanished(one)),
      ...this.created.filter(({ id, temporaryId, shown }) => {
        if (id === undefined || mayGo.has(id)) return false;
        return shown.some((ids) => !ids.includes(id) && !ids.includes(temporaryId));
      }),
      ...this.removed.filter(({ id, isDone, shown }) => isDone && shown.some((ids) => ids.includes(id))),
    ];
  }

  /** Neither expected nor done, nor changed once more. */
  private vanished(one: Retitled): Card[] {
    const { id, version = 0, shown } = one;
    const later = this.retitled.slice(this.retitled.indexOf(one)).filter((other) => other.id === id);
    const titles = new Set(later.map(({ title }) => title));
    return shown.filter((card) => !titles.has(card.title) && (card.version ?? 0) < version);
  }
}
