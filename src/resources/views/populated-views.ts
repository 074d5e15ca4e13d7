import { onceKnown } from '../../sockets/floating.js';
import type { RelationGraph } from '../relations/relation-graph.js';
import type { Resource } from '../resource.js';
import { allKnown } from './maybe-later.js';
import type { RefusedViews } from './refused-views.js';

type Fields = Record<string, unknown>;

/** The views of records that stand, populated, in a record whose resource has no view itself. */
export class PopulatedViews {
  private readonly known = new Map<Resource, boolean>();

  constructor(
    private readonly relations: RelationGraph,
    private readonly refused: RefusedViews,
  ) {}

  /** Whether records that may stand in those of this resource, at any depth, have a view. */
  areWithin(resource: Resource, outside: ReadonlySet<Resource> = new Set()): boolean {
    const known = this.known.get(resource);
    if (known !== undefined || outside.has(resource)) return known ?? false;
    const path = new Set([...outside, resource]);
    const found = this.relations
      .associationsOf(resource)
      .some(({ other }) => other.views.default !== undefined || this.areWithin(other, path));
    // Seen from within a circle, it is not the whole answer.
    if (outside.size === 0) this.known.set(resource, found);
    return found;
  }

  /** A record, or a list of them, with those within in their views; or a promise of it. */
  show(resource: Resource, value: unknown): unknown {
    return showEach(value, (record) => {
      const fields = this.relations.associationsOf(resource).filter(({ attribute }) => attribute in record);
      const shown = fields.map(({ attribute, other }) =>
        showEach(record[attribute], (one) => this.showRelated(other, one)),
      );
      return onceKnown(allKnown(shown), (values) => ({
        ...record,
        ...Object.fromEntries(fields.map(({ attribute }, index) => [attribute, values[index]])),
      }));
    });
  }

  private showRelated(resource: Resource, record: Fields): unknown {
    const view = resource.views.default;
    if (!view) return this.show(resource, record);
    const { idField } = resource;
    return this.refused.unlessRefused(resource, () => view.apply(record), { [idField]: record[idField] });
  }
}

/** What is no record, a list of the application's own perhaps, is shown by the records in it. */
export function showEach(value: unknown, show: (record: Fields) => unknown): unknown {
  if (Array.isArray(value)) return allKnown(value.map((one: unknown) => showEach(one, show)));
  return isObject(value) ? show(value) : value;
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
