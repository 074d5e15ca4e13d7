import { thenSync } from '../../../common/promises.js';
import { isObject } from '../../../common/type-guards.js';
import type { RecordId } from '../../../protocol/resource-message.js';
import type { Resource } from '../../../resources/definition/resource.js';
import type { PublishContext } from '../../publish-context.js';
import { idIn, selectReturned } from '../../publish/returned-record.js';
import type { RecordOptions } from '../../request/record-finder.js';

type FoundRecord = Record<string, unknown>;

/** Marks ids that several records have. */
const SEVERAL = Symbol('several');

/** The records in what a handler returned, by id: as the handler has them, before any interceptor. */
export class HandledRecords {
  private readonly records = new Map<string, FoundRecord | typeof SEVERAL>();

  /** Reads those of a resource: the value itself, its elements, or what is in the fields of an envelope. */
  static read(
    resource: Resource,
    options: RecordOptions,
    context: PublishContext,
  ): HandledRecords | Promise<HandledRecords> {
    const { returned } = context;
    const selected = selectReturned(returned, resource, options, context);
    return thenSync(selected, (part) => HandledRecords.in(returned, part, resource, options));
  }

  private static in(handled: unknown, selected: unknown, resource: Resource, options: RecordOptions): HandledRecords {
    const found = new HandledRecords();
    found.add(resource, selected, options);
    // What the decorator selects comes first. An interceptor may have made the envelope that it is selected from.
    const others = new HandledRecords();
    for (const value of [handled, ...(isObject(handled) ? Object.values(handled) : [])]) {
      others.add(resource, value, options);
    }
    for (const [key, record] of others.records) if (!found.records.has(key)) found.records.set(key, record);
    return found;
  }

  /** Those that are known beyond doubt. */
  get all(): FoundRecord[] {
    return [...this.records.values()].filter((record) => record !== SEVERAL);
  }

  find(resource: Resource, id: RecordId): FoundRecord | undefined {
    const record = this.records.get(keyOf(resource, id));
    return record === SEVERAL ? undefined : record;
  }

  /** Adds the records in a value: one, or a list of them. */
  add(resource: Resource, value: unknown, options: RecordOptions = {}): void {
    for (const record of Array.isArray(value) ? (value as unknown[]) : [value]) {
      if (!isObject(record)) continue;
      const id = idIn(record, resource, options);
      if (id === undefined) continue;
      const key = keyOf(resource, id);
      const known = this.records.get(key);
      this.records.set(key, known === undefined || known === record ? record : SEVERAL);
    }
  }
}

function keyOf({ name }: Resource, id: RecordId): string {
  return `${name}/${id}`;
}
