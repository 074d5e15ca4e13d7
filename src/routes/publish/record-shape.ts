import { LineLogger, logFailure } from '../../common/log.js';
import { isObject } from '../../common/type-guards.js';
import type { Association } from '../../resources/relations/relation-graph.js';
import type { ApplyView } from '../../resources/views/view.js';

/**
 * Returns only those parts of a record that the shape has, too, at every level: a record as it was must not reveal more
 * than the response does. Both are plain JSON data. A list is compared with all elements of the shape's list together,
 * and left out if any part of it may not be told: half a list would be wrong.
 */
function shownAs(shape: unknown, record: unknown): unknown {
  return shownByAny([shape], record);
}

function shownByAny(shapes: readonly unknown[], value: unknown): unknown {
  if (Array.isArray(value)) return listShownBy(shapes, value);
  if (isObject(value)) return objectShownBy(shapes, value);
  // A value that the shape shows in parts must not appear as a whole.
  return value === null || !shapes.some(isObjectOrList) ? value : undefined;
}

function listShownBy(shapes: readonly unknown[], list: readonly unknown[]): unknown {
  const lists = shapes.filter((shape) => Array.isArray(shape));
  if (lists.length === 0) return undefined;
  const elements: unknown[] = lists.flat(1);
  const shown = list.map((one) => (elements.length > 0 ? shownByAny(elements, one) : undefined));
  return shown.includes(undefined) ? undefined : shown;
}

function objectShownBy(shapes: readonly unknown[], value: Record<string, unknown>): unknown {
  const objects = shapes.filter((shape) => isObject(shape));
  if (objects.length === 0) return undefined;
  const shown = Object.entries(value).flatMap(([key, field]) => {
    const fields = objects.filter((shape) => Object.hasOwn(shape, key)).map((shape) => shape[key]);
    const told = fields.length > 0 ? shownByAny(fields, field) : undefined;
    return told === undefined ? [] : [[key, told] as const];
  });
  return Object.fromEntries(shown);
}

function isObjectOrList(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

/**
 * Returns a record with each record that it refers to in the form that the shape has it in: populated, or as its id. A
 * look-up often populates what the response does not, or the other way round.
 */
function withRelationsOf(
  shape: object,
  record: Record<string, unknown>,
  associations: readonly Association[],
): Record<string, unknown> {
  const aligned = { ...record };
  for (const { attribute, other } of associations) {
    const [wanted, value] = [(shape as Record<string, unknown>)[attribute], record[attribute]];
    if (wanted === undefined || value === undefined || value === null) continue;
    const isPopulated = [wanted].flat().some(isObject);
    const align = (one: unknown): unknown => {
      if (isObject(one) === isPopulated) return one;
      return isPopulated ? { [other.idField]: one } : other.findIdOf(one);
    };
    aligned[attribute] = Array.isArray(value) ? value.map(align) : align(value);
  }
  return aligned;
}

/** What is published of a record as it was. */
interface ShownPrevious {
  shown: unknown;
  /** The same, with no more than the response shows. */
  response: unknown;
}

/** Shows a record to subscribers as one decorator decides: in the decorator's view, or as the response shows it. */
export class RecordShape {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  private readonly failed = new Set<string>();

  /** @param name the decorator and the route, for logs */
  constructor(
    private readonly view: ApplyView | undefined,
    private readonly name: string,
  ) {}

  /** Whether the decorator has a view. */
  get isViewed(): boolean {
    return this.view !== undefined;
  }

  /** Returns a promise only if the view does. */
  show(record: object): unknown {
    return this.view ? this.view(record) : record;
  }

  /** Shows a record that was added to a collection; `undefined` if the view fails on it. */
  showAdded(record: object): Promise<unknown> {
    return this.showUnlessRefused('added', record);
  }

  /**
   * Shows the record as it was. Without a view, it shows no more than this response.
   *
   * @param previous the record as a response of the route would have shown it
   * @param shape the record in the response
   * @param associations what records of its resource refer to
   */
  async showPrevious(previous: unknown, shape: object, associations: readonly Association[]): Promise<ShownPrevious> {
    if (previous === undefined) return { response: undefined, shown: undefined };
    const response = shownAs(shape, isObject(previous) ? withRelationsOf(shape, previous, associations) : previous);
    return { response, shown: this.view ? await this.showUnlessRefused('previous', previous) : response };
  }

  /** What has happened is told, even if the view cannot show all that might be told with it. */
  private async showUnlessRefused(part: 'previous' | 'added', record: unknown): Promise<unknown> {
    if (!this.view) return record;
    try {
      return await this.view(record);
    } catch (error) {
      if (!this.failed.has(part)) {
        const problem = `${this.name}: the view failed on "${part}", so the message goes without it.`;
        logFailure(this.logger, `${problem} (Logged once per route.)`, error);
      }
      this.failed.add(part);
      return undefined;
    }
  }
}
