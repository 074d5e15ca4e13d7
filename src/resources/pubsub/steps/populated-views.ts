import { NotSerializableError } from '../../../common/common.errors.js';
import { isObject } from '../../../common/type-guards.js';
import { LineLogger, logFailure } from '../../../common/log.js';
import { allSync, tryCatch, thenSync } from '../../../common/promises.js';
import type { RelationGraph } from '../../relations/relation-graph.js';
import type { Resource } from '../../definition/resource.js';

/** Falls back to the id of a record that is known only in part, or is nested in another, if its view fails on it. */
export class RefusedViews {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly warned = new Set<string>();

  /**
   * Returns what `show` returns, or a promise of it; and `otherwise` if it fails.
   *
   * @throws NotSerializableError if the record has to be plain data, and is not
   */
  unlessRefused(refusable: Refusable, show: () => unknown, otherwise: unknown): unknown {
    return tryCatch(show, (error) => {
      if (refusable.mustBePlain && error instanceof NotSerializableError) throw error;
      this.warnOnce(refusable, otherwise, error);
      return otherwise;
    });
  }

  private warnOnce({ resource, part }: Refusable, otherwise: unknown, error: unknown): void {
    const what = part === undefined ? 'a record that is known only in part, or is nested in another' : `"${part}"`;
    const result = otherwise === undefined ? 'the message goes without it' : 'only its id is published there';
    const text = `The view of "${resource.name}" failed on ${what}, so ${result}. (Logged once.)`;
    if (this.warned.has(text)) return;
    this.warned.add(text);
    logFailure(this.logger, text, error);
  }
}

/** A record that is told beside, or within, another that a message is about. */
interface Refusable {
  resource: Resource;
  /** The field of the message that it is in, if it is not nested in one. */
  part?: string;
  /** Whether a record that JSON has no form for is refused. */
  mustBePlain?: boolean;
}

type Fields = Record<string, unknown>;

/** Shows records that are populated in another record in their own views, before that record's view is applied. */
export class PopulatedViews {
  private readonly known = new Map<Resource, boolean>();

  constructor(
    private readonly relations: RelationGraph,
    private readonly refused: RefusedViews,
  ) {}

  /** Whether a resource whose records may be populated in those of this one, at any depth, has a view. */
  areWithin(resource: Resource, outside: ReadonlySet<Resource> = new Set()): boolean {
    const known = this.known.get(resource);
    if (known !== undefined || outside.has(resource)) return known ?? false;
    const path = new Set([...outside, resource]);
    const found = this.relations
      .associationsOf(resource)
      .some(({ other }) => other.views.any || this.areWithin(other, path));
    // Within a cycle, or before all relations are known, this is not the whole answer.
    if (outside.size === 0 && this.relations.isBuilt) this.known.set(resource, found);
    return found;
  }

  /**
   * Returns a record, or a list of them, with populated records in their views; or a promise of it.
   *
   * @param seen the same record as the response shows it: for views that are functions
   * @param audience the audience whose views are used, where the populated records' resources have one of that name
   */
  show(resource: Resource, value: unknown, seen: unknown, audience?: string): unknown {
    return showPairs(resource, value, seen, (record, itsSeen) => this.showWithin(resource, record, itsSeen, audience));
  }

  private showWithin(resource: Resource, record: Fields, seen: Fields, audience: string | undefined): unknown {
    const fields = this.relations.associationsOf(resource).filter(({ attribute }) => attribute in record);
    const shown = fields.map(({ attribute, other }) =>
      this.showRelated(other, record[attribute], seen[attribute], audience),
    );
    return thenSync(allSync(shown), (values) => ({
      ...record,
      ...Object.fromEntries(fields.map(({ attribute }, index) => [attribute, values[index]])),
    }));
  }

  private showRelated(resource: Resource, value: unknown, seen: unknown, audience: string | undefined): unknown {
    const view = resource.views.find(audience) ?? resource.views.default;
    if (!view) return this.show(resource, value, seen, audience);
    const { idField } = resource;
    const given = view.namesFields || !holdsRecord(value) ? value : seen;
    return showPairs(resource, given, seen, (record, itsSeen) => {
      const show = (): unknown =>
        thenSync(this.showWithin(resource, record, itsSeen, audience), (whole) => view.apply(whole));
      return this.refused.unlessRefused({ resource }, show, { [idField]: record[idField] });
    });
  }
}

/** Calls `show` with each record and with what the response shows of it: nothing, if the record is not there. */
function showPairs(
  resource: Resource,
  value: unknown,
  seen: unknown,
  show: (record: Fields, seen: Fields) => unknown,
): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = value;
    return allSync(
      list.map((one) => showPairs(resource, one, seen === value ? one : sameIn(seen, one, resource), show)),
    );
  }
  return isObject(value) ? show(value, isObject(seen) ? seen : {}) : value;
}

/** Finds the same record in the response, whose list may have another order, or fewer records. */
function sameIn(seen: unknown, record: unknown, { idField }: Resource): unknown {
  if (!Array.isArray(seen) || !isObject(record) || record[idField] === undefined) return undefined;
  return seen.find((one) => isObject(one) && one[idField] === record[idField]) as unknown;
}

function holdsRecord(value: unknown): boolean {
  return Array.isArray(value) ? value.some(holdsRecord) : isObject(value);
}

/** Calls `show` with each record in a value, which may be a list. */
export function showEach(value: unknown, show: (record: Fields) => unknown): unknown {
  if (Array.isArray(value)) return allSync(value.map((one: unknown) => showEach(one, show)));
  return isObject(value) ? show(value) : value;
}
