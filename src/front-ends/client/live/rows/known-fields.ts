import { isRecord } from '../../assertions.js';
import type { Row } from './rows.js';

/** Whether a list shows two values alike: neither a record where the other has its id, nor one with other fields. */
function areAlike(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    if (other.length === 0) return true;
    return one.length > 0 && other.every((member) => areAlike(one[0], member));
  }
  if (!isRecord(one) || !isRecord(other)) return typeof one === typeof other && isRecord(one) === isRecord(other);
  const fields = Object.keys(one);
  return fields.length === Object.keys(other).length && fields.every((field) => Object.hasOwn(other, field));
}

/** What the rows of an answer show, as far as its rows tell. */
export class KnownFields {
  /** Fields that messages have, and answers did not have so far. */
  readonly #foreign = new Set<string>();
  /** Fields of which the next answer shows whether they are foreign. */
  readonly #unknown = new Set<string>();

  /** Learns from an answer that was read because of unknown fields. */
  learn(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    for (const field of this.#unknown) if (!rows.some((row) => Object.hasOwn(row, field))) this.#foreign.add(field);
    this.#unknown.clear();
  }

  /** @returns the changed row; `undefined` if that cannot be known */
  merge(row: Row, data: Row, rows: readonly Row[]): Row | undefined {
    const shown = this.#shownOf(data, [row, ...rows]);
    if (!shown) return undefined;
    const samples = [row, ...rows];
    for (const [field, value] of Object.entries(shown)) {
      const isKnown = value === null || samples.some((sample) => areAlike(sample[field], value));
      if (!isKnown) return undefined;
    }
    return { ...row, ...shown };
  }

  /** @returns a new row; `undefined` if the data may be less than, or something else than, the answer would show */
  row(data: Row, rows: readonly Row[]): Row | undefined {
    const everywhere = Object.keys(rows[0] ?? {}).filter((field) => rows.every((row) => Object.hasOwn(row, field)));
    if (rows.length === 0 || everywhere.some((field) => !Object.hasOwn(data, field))) return undefined;
    return this.merge({}, data, rows);
  }

  #shownOf(data: Row, rows: readonly Row[]): Row | undefined {
    const isShown = (field: string): boolean => rows.some((row) => Object.hasOwn(row, field));
    // A field that no row had may have been one that is left out where it is empty.
    const fields = Object.keys(data).filter((field) => !this.#foreign.has(field) || isShown(field));
    const unknown = fields.filter((field) => !isShown(field));
    for (const field of unknown) this.#unknown.add(field);
    return unknown.length > 0 ? undefined : Object.fromEntries(fields.map((field) => [field, data[field]]));
  }
}
