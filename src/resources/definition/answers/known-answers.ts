import { isObject } from '../../../common/type-guards.js';
import { type Select, selectedFields } from './select.js';

/** How many records are looked at: those of one resource have much the same fields. */
const MAX_RECORDS = 20;
/** How many fields are remembered: where fields are keys of a dictionary, there is no end. */
const MAX_FIELDS = 200;
/** How many fields two records have to have in common, at least, to be of one kind. */
const FEW_FIELDS = 3;

/**
 * Knows how answers hold the records of a resource: in which fields, as decorators say, and with which fields of their
 * own, as reads have shown.
 */
export class KnownAnswers {
  private readonly said = new Set<string>();
  private readonly shown = new Set<string>();
  private records = 0;
  private readonly names: ReadonlySet<string>;

  constructor(resource: string) {
    const name = plainName(resource);
    this.names = new Set([name, `${name}s`, `${name}es`, name.replace(/y$/, 'ies')]);
  }

  /** Learns from the option of a decorator in which fields records are. */
  declare(select: Select | undefined): void {
    for (const path of selectedFields(select) ?? []) this.said.add(path);
  }

  /** Whether enough records were looked at. */
  get areKnown(): boolean {
    return this.records >= MAX_RECORDS;
  }

  /** Learns from a record that was read which fields there are. */
  learn(record: object): void {
    if (this.areKnown) return;
    this.records++;
    for (const field of Object.keys(record)) if (this.shown.size < MAX_FIELDS) this.shown.add(field);
  }

  /** The fields in which decorators say that records are. */
  get places(): readonly string[] {
    return [...this.said];
  }

  /** Tells whether records were seen to have this field. */
  hasField(field: string): boolean {
    return this.shown.has(field);
  }

  /** Tells whether a field is one that a decorator selects, or is named like the resource: `article`, `articles`. */
  isPlace(path: string): boolean {
    return this.said.has(path) || this.names.has(plainName(path));
  }

  /** Tells whether a value has the fields that records were seen to have: most of its own, and most of theirs. */
  resembles(value: unknown): boolean {
    if (!isObject(value) || this.shown.size === 0) return false;
    const fields = Object.keys(value);
    const common = fields.filter((field) => this.shown.has(field)).length;
    return common >= FEW_FIELDS && common * 3 >= fields.length * 2 && common * 3 >= this.shown.size * 2;
  }
}

/** Returns a name without regard to how its words are joined: `blog-post`, `blogPost` and `blog_post` are one. */
function plainName(name: string): string {
  return name.replaceAll(/[^\p{L}\p{N}]/gu, '').toLowerCase();
}
