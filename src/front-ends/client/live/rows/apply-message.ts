import type { RecordId, ResourceMessage } from '../../../../protocol/resource-message.js';
import { canonicalId, isSameRecord } from '../../../../protocol/canonical-id.js';
import { isRecord } from '../../assertions.js';
import { remember } from '../../positions/topic-positions.js';
import type { KnownFields } from './known-fields.js';
import { keepsPlace } from './row-order.js';
import type { Row, Rows } from './rows.js';

/** How a list changes. */
export interface Rules {
  /** Whether it may be less than what it watches. */
  isFiltered: boolean;
  includes: ((row: never) => boolean) | undefined;
  compare: ((row: never, other: never) => number) | undefined;
  /** The fields that show the ids of what is related, by relation. */
  relations: Readonly<Record<string, string>>;
}

/** What cannot be applied with certainty. */
export const UNCERTAIN = Symbol('uncertain');

/** The record that was read is gone. */
export const GONE = Symbol('gone');

/** How many ids of records that were destroyed are remembered. */
const MAX_DESTROYED = 1_000;

/**
 * Returns the rows after a message, or why there are none.
 *
 * @param destroyed the ids of records that were destroyed lately, to which this one is added
 */
export function applyMessage(
  rows: Rows,
  message: ResourceMessage,
  fields: KnownFields,
  rules: Rules,
  destroyed: Set<string>,
): readonly Row[] | typeof UNCERTAIN | typeof GONE {
  return new Change(rows, fields, rules, destroyed).apply(message);
}

type Outcome = ReturnType<typeof applyMessage>;

class Change {
  constructor(
    private readonly rows: Rows,
    private readonly fields: KnownFields,
    private readonly rules: Rules,
    private readonly destroyed: Set<string>,
  ) {}

  apply(message: ResourceMessage): Outcome {
    const index = this.rows.indexOf(message.id);
    switch (message.verb) {
      case 'messaged':
        return this.rows.all;
      case 'created':
      case 'entered':
      case 'updated':
        return this.put(index, message);
      case 'destroyed':
        remember(this.destroyed, canonicalId(message.id), MAX_DESTROYED);
        return this.takeOut(index, true);
      case 'left':
        return this.takeOut(index, false);
      case 'addedTo':
        return this.related(index, message.attribute, (members, isOfIds) =>
          this.add(members, message.addedId, isOfIds),
        );
      case 'removedFrom':
        return this.related(index, message.attribute, (members) => this.withdraw(members, message.removedId));
      default:
        return UNCERTAIN;
    }
  }

  private put(index: number, { id, data }: { id: RecordId; data: unknown }): Outcome {
    const { rows, fields, rules } = this;
    if (!isRecord(data) || rows.isIdAlone(data) || this.isPage) return UNCERTAIN;
    const { [index]: before } = rows.all;
    const row = before ? fields.merge(before, data, rows.all) : fields.row(data, rows.all);
    if (!row) return UNCERTAIN;
    if (!rows.isList) return before ? [row] : UNCERTAIN;
    const belongs = !rules.includes || rules.includes(row as never);
    if (!belongs) return before ? this.takeOut(index, false) : rows.all;
    if (before) return this.move(index, row);
    // What is said of a record that is gone may be older than that, since messages of several servers may cross.
    if (this.destroyed.has(canonicalId(id)) || !rules.compare || rows.hasCompany) return UNCERTAIN;
    return this.sorted([...rows.all, row]);
  }

  private move(index: number, row: Row): Outcome {
    const { all } = this.rows;
    if (!this.rules.compare && !keepsPlace(all, index, row)) return UNCERTAIN;
    return this.sorted(all.map((one, at) => (at === index ? row : one)));
  }

  private sorted(rows: readonly Row[]): readonly Row[] {
    const compare = this.rules.compare as ((one: Row, other: Row) => number) | undefined;
    return compare ? [...rows].sort(compare) : rows;
  }

  private takeOut(index: number, isDestroyed: boolean): Outcome {
    const { rows } = this;
    if (!rows.isList) {
      if (index < 0) return rows.all;
      return isDestroyed ? GONE : UNCERTAIN;
    }
    if (this.isPage || rows.hasCompany) return UNCERTAIN;
    return index < 0 ? rows.all : rows.all.filter((_, at) => at !== index);
  }

  private related(
    index: number,
    relation: string,
    change: (members: readonly unknown[], isOfIds: boolean) => readonly unknown[] | typeof UNCERTAIN,
  ): Outcome {
    const { rows, rules } = this;
    const isOfIds = Object.hasOwn(rules.relations, relation);
    const attribute = isOfIds ? rules.relations[relation] : relation;
    if (index < 0) return rules.includes || this.isPage ? UNCERTAIN : rows.all;
    const row = rows.all[index];
    if (!Object.hasOwn(row, attribute)) return rows.all;
    const { [attribute]: before } = row;
    const members = Array.isArray(before) && !this.isPage ? change(before, isOfIds) : UNCERTAIN;
    if (members === UNCERTAIN) return UNCERTAIN;
    if (members === before) return rows.all;
    const changed = { ...row, [attribute]: members };
    if (rules.includes && !rules.includes(changed as never)) return this.takeOut(index, false);
    return rows.isList ? this.move(index, changed) : [changed];
  }

  /** Where a new member stands, and what is shown of it, only the route knows, unless it is known to be the id. */
  private add(
    members: readonly unknown[],
    id: string | number,
    isOfIds: boolean,
  ): readonly unknown[] | typeof UNCERTAIN {
    if (members.some((member) => this.isMember(member, id))) return members;
    return isOfIds ? [...members, id] : UNCERTAIN;
  }

  private withdraw(members: readonly unknown[], id: string | number): readonly unknown[] {
    const left = members.filter((member) => !this.isMember(member, id));
    return left.length === members.length ? members : left;
  }

  private isMember(member: unknown, id: string | number): boolean {
    const own = isRecord(member) ? (member.id ?? member._id) : member;
    return (typeof own === 'string' || typeof own === 'number') && isSameRecord(own, id);
  }

  /** Whether another row may come in for each that goes, and the other way round. */
  private get isPage(): boolean {
    return this.rows.isList && this.rules.isFiltered && !this.rules.includes;
  }
}
