import { LineLogger } from '../../common/log.js';
import { isObject } from '../../common/type-guards.js';
import type { RecordId } from '../../protocol/resource-message.js';
import type { Resource } from '../definition/resource.js';

/** A record as it was last read through a route. */
interface LastRead {
  /** The kind of the read: its route, and its caller. */
  kind: string;
  values: ReadonlyMap<string, string | number | boolean>;
}

/** An answer of a read about one record. */
export interface ReadRecord {
  resource: Resource;
  id: RecordId;
  record: object;
}

/** How many records are remembered, and how many of one answer, and of how many fields each. */
const MAX_RECORDS = 500;
const MAX_OF_ANSWER = 20;
const MAX_FIELDS = 50;
const MAX_TEXT = 64;

/** How many fields are asked about: where fields are keys of a dictionary, there is no end. */
const MAX_QUESTIONS = 500;

/**
 * Asks in the log, once for each field, whether it is personal: if two callers of a route are answered with different
 * values about a record that has not been published in between.
 */
export class PersonalQuestions {
  private readonly logger = new LineLogger('ResourcefulPubSub');
  /** By record, and then by route; the record that was read last is the last one. */
  private readonly last = new Map<string, Map<string, LastRead>>();
  private readonly asked = new Set<string>();

  /** @param by the decorator and the route */
  compare(by: string, kind: string, records: readonly ReadRecord[]): void {
    for (const { resource, id, record } of records.slice(0, MAX_OF_ANSWER)) {
      const key = keyOf(resource, id);
      const values = new Map(valuesIn(record, '').slice(0, MAX_FIELDS));
      const byRoute = this.last.get(key) ?? new Map<string, LastRead>();
      const before = byRoute.get(by);
      if (before && before.kind !== kind) this.ask(by, resource, differences(before.values, values));
      this.last.delete(key);
      this.last.set(key, byRoute.set(by, { kind, values }));
      const [oldest] = this.last.keys();
      if (this.last.size > MAX_RECORDS && oldest !== undefined) this.last.delete(oldest);
    }
  }

  /** Forgets a record, since it has changed. */
  forget(resource: Resource, id: RecordId): void {
    if (this.last.size > 0) this.last.delete(keyOf(resource, id));
  }

  private ask(by: string, { name, personal }: Resource, paths: readonly string[]): void {
    for (const path of paths) {
      if (this.asked.size >= MAX_QUESTIONS) return;
      const key = JSON.stringify([name, path]);
      const [first, second] = path.split('.');
      const declared = personal.inner.get(first);
      if (this.asked.has(key) || (declared && (declared.isEmpty || declared.inner.has(second)))) continue;
      this.asked.add(key);
      this.logger.warn(
        `${by}: "${path}" of "${name}" differs by who reads, though the record has not been published in between. ` +
          `Is it personal? Then say so, @Resourceful('${name}', { personal: ['${path}'] }): otherwise everybody is ` +
          `sent the value of whoever changes the record. (Logged once per field.)`,
      );
    }
  }
}

function keyOf({ name }: Resource, id: RecordId): string {
  return `${name}/${id}`;
}

/** Returns the short values of a record, and of records directly in it, by their paths. */
function valuesIn(record: object, prefix: string): Array<[string, string | number | boolean]> {
  return Object.entries(record).flatMap(
    ([name, value]: [string, unknown]): Array<[string, string | number | boolean]> => {
      if (typeof value === 'number' || typeof value === 'boolean') return [[prefix + name, value]];
      if (typeof value === 'string') return value.length <= MAX_TEXT ? [[prefix + name, value]] : [];
      return isObject(value) && prefix === '' ? valuesIn(value, `${name}.`) : [];
    },
  );
}

function differences(before: LastRead['values'], now: LastRead['values']): string[] {
  return [...now].filter(([path, value]) => before.has(path) && before.get(path) !== value).map(([path]) => path);
}
