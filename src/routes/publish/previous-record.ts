import { isObject } from '../../common/type-guards.js';
import { LineLogger, logFailure } from '../../common/log.js';
import { withTimeout } from '../../common/promises.js';
import { readId } from '../../resources/definition/record-id.js';
import type { Resource } from '../../resources/definition/resource.js';
import { selectedFields } from '../../resources/definition/answers/select.js';
import { relatedIn } from '../../resources/relations/reverse-messages.js';
import { plain as asClientsSee } from '../../resources/slices/slice.js';
import type { PublishContext } from '../publish-context.js';
import { isEcho } from '../request/record-finder.js';
import { NO_PREVIOUS, type PreviousRecord, type WrittenRecord } from '../request/route-result.js';
import { PUBLICATION_TIMEOUT } from './publication-queue.js';
import { asInstanceOf, RecordGraph } from './record-graph.js';
import type { RoutePublication } from './route-publication.js';

const logger = new LineLogger('ResourcefulPubSub');

/**
 * Reads the record as it is before the handler runs, by the option `previous` of one publishing decorator, and writes
 * it down at once: with an identity map, or a service that keeps its records in memory, the handler is about to change
 * the very same object. Never rejects: if it cannot be read, the message is sent without it.
 */
export async function readPreviousRecord(
  publication: RoutePublication,
  context: PublishContext,
): Promise<PreviousRecord> {
  const { previous } = publication.metadata.options;
  if (!previous) return NO_PREVIOUS;
  try {
    const reading = Promise.resolve(previous(context));
    const value: unknown = await withTimeout(PUBLICATION_TIMEOUT, 'to read it', reading);
    return await writeDown(value, publication, context);
  } catch (error) {
    reportUnread(publication, error);
    return NO_PREVIOUS;
  }
}

async function writeDown(
  value: unknown,
  publication: RoutePublication,
  context: PublishContext,
): Promise<PreviousRecord> {
  const given: readonly unknown[] = Array.isArray(value) ? value : [value];
  const read = given.map((one) => readFacts(one, publication));
  for (const { facts } of read) if (isObject(facts)) learnIds(facts, publication.resource, context);
  const plain = given.map((one, index) => asInstanceOf(one, read[index].whole));
  const values = { live: value, plain: Array.isArray(value) ? plain : plain[0] };
  const shown = await serialize(values, given.length, publication, context);
  const written = new Map<object, WrittenRecord>();
  read.forEach(({ facts, whole }, index) => {
    if (isObject(facts)) written.set(facts, { whole, shown: shown[index] });
  });
  return { value: Array.isArray(value) ? read.map(({ facts }) => facts) : read[0].facts, written };
}

/**
 * Returns the values as the route's responses show them; nothing where that fails.
 *
 * @param values `live`: as the option gave them; `plain`: the same as JSON has it, for serializers that cannot follow
 *   what leads back to itself
 */
async function serialize(
  values: { live: unknown; plain: unknown },
  count: number,
  publication: RoutePublication,
  { execution }: PublishContext,
): Promise<readonly unknown[]> {
  const { metadata, resource } = publication;
  const own = selectedFields(metadata.options.select);
  const places = own ?? [...(selectedFields(resource.select) ?? []), undefined];
  const show = async (value: unknown): Promise<readonly unknown[]> => {
    const shown = await publication.serializer.serialize(value, execution, places);
    if (!Array.isArray(value)) return [shown];
    return Array.isArray(shown) && shown.length === count ? (shown as unknown[]) : [];
  };
  try {
    return await show(values.live).catch(() => show(values.plain));
  } catch (error) {
    reportUnread(publication, error);
    return [];
  }
}

/** What a record says of itself. */
interface ReadRecord {
  /** The record as JSON has it; absent if it has no form there. */
  whole?: unknown;
  /** The same, with the id, the fields of slices and what it refers to, even where JSON shows none of these. */
  facts: unknown;
}

function readFacts(record: unknown, publication: RoutePublication): ReadRecord {
  if (!isObject(record)) return { facts: record };
  const id = readId(record);
  if (id !== undefined) return { facts: id };
  const { resource, associations } = publication;
  const { written, unreadable } = writeRecord(record, resource);
  const facts: Record<string, unknown> = isObject(written) ? { ...written } : {};
  const read = (field: string, readField: () => unknown): void => {
    try {
      const value = readField();
      if (value !== undefined) facts[field] = value;
    } catch {
      if (!unreadable.includes(field)) unreadable.push(field);
    }
  };
  const { idField, keys, slices } = resource;
  for (const field of [idField, keys.field]) if (field !== undefined) read(field, () => scalarIn(record[field]));
  for (const field of slices.fields) read(field, () => slices.valueIn(record, field));
  for (const association of associations) {
    if (relatedIn(association, facts) !== undefined) continue;
    read(association.attribute, () => relatedIn(association, record));
  }
  if (unreadable.length > 0) reportUnwritten(publication, unreadable);
  return { whole: isObject(written) ? written : undefined, facts };
}

/** Returns an id as clients see it. */
function scalarIn(id: unknown): unknown {
  const shown = asClientsSee(id);
  return typeof shown === 'object' ? undefined : shown;
}

/** Learns from the id of a record which form ids have, unless the option has only put the id of the request into it. */
function learnIds(facts: Record<string, unknown>, resource: Resource, context: PublishContext): void {
  if (!isEcho(facts[resource.idField], context)) resource.learnIds(facts, 'publication');
}

/** Returns what JSON makes of a record: an object, unless the record has no form there; and what it cannot read. */
function writeRecord(record: object, { idField }: Resource): { written: unknown; unreadable: string[] } {
  try {
    return { written: JSON.parse(JSON.stringify(record)) as unknown, unreadable: [] };
  } catch {
    const graph = new RecordGraph(idField);
    return { written: graph.write(record), unreadable: graph.unreadable };
  }
}

/** The publications of which it was said that their records cannot be written down as a whole. */
const reported = new WeakSet<RoutePublication>();

function reportUnwritten(publication: RoutePublication, fields: readonly string[]): void {
  if (reported.has(publication)) return;
  reported.add(publication);
  const { name, resource } = publication;
  const named = fields.slice(0, 5).join(', ') + (fields.length > 5 ? ', …' : '');
  logger.warn(
    `${name}: of the record that the option "previous" gave, these fields cannot be written down, since they throw ` +
      `when they are read, or hold too much: ${named}. The message goes without them. Return a plain object with ` +
      `what is needed: { previous: async (context) => ({ ${resource.idField}: …, … }) }. (Logged once per route.)`,
  );
}

function reportUnread({ name }: RoutePublication, error: unknown): void {
  logFailure(logger, `${name}: the option "previous" failed, so the message goes without it.`, error);
}
