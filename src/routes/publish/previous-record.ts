import { Logger } from '@nestjs/common';
import { isObject } from '../../common/type-guards.js';
import { logFailure } from '../../common/log.js';
import { withTimeout } from '../../common/promises.js';
import { readId } from '../../resources/definition/record-id.js';
import type { Resource } from '../../resources/definition/resource.js';
import { selectedFields } from '../../resources/definition/select.js';
import { relatedIn } from '../../resources/relations/reverse-messages.js';
import { valueIn } from '../../resources/slices/slices.js';
import type { PublishContext } from '../publish-context.js';
import { isEcho } from '../request/record-finder.js';
import { NO_PREVIOUS, type PreviousRecord, type WrittenRecord } from '../request/route-result.js';
import { PUBLICATION_TIMEOUT } from './publication-queue.js';
import type { RoutePublication } from './route-publication.js';

const logger = new Logger('ResourcefulPubSub');

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
  const shown = await serialize(value, given.length, publication, context);
  const written = new Map<object, WrittenRecord>();
  read.forEach(({ facts, whole }, index) => {
    if (isObject(facts)) written.set(facts, { whole, shown: shown[index] });
  });
  return { value: Array.isArray(value) ? read.map(({ facts }) => facts) : read[0].facts, written };
}

/** Returns the values as the route's responses show them; nothing where that fails. */
async function serialize(
  value: unknown,
  count: number,
  publication: RoutePublication,
  { execution }: PublishContext,
): Promise<readonly unknown[]> {
  try {
    const { metadata, resource } = publication;
    const own = selectedFields(metadata.options.select);
    const places = own ?? [...(selectedFields(resource.select) ?? []), undefined];
    const shown = await publication.serializer.serialize(value, execution, places);
    if (!Array.isArray(value)) return [shown];
    return Array.isArray(shown) && shown.length === count ? (shown as unknown[]) : [];
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

function readFacts(record: unknown, { resource, associations }: RoutePublication): ReadRecord {
  if (!isObject(record)) return { facts: record };
  const id = readId(record);
  if (id !== undefined) return { facts: id };
  const whole = asJson(record);
  const facts: Record<string, unknown> = isObject(whole) ? { ...whole } : {};
  for (const field of [resource.idField, ...resource.slices.fields]) {
    const value = valueIn(record, field);
    if (value !== undefined) facts[field] = value;
  }
  for (const association of associations) {
    if (relatedIn(association, facts) !== undefined) continue;
    const related = relatedIn(association, record);
    if (related !== undefined) facts[association.attribute] = related;
  }
  return { whole: isObject(whole) ? whole : undefined, facts };
}

/** Learns from the id of a record which form ids have, unless the option has only put the id of the request into it. */
function learnIds(facts: Record<string, unknown>, resource: Resource, context: PublishContext): void {
  if (!isEcho(facts[resource.idField], context)) resource.learnIds(facts, 'publication');
}

/** Returns what JSON makes of a record: an object, unless the record has no form there. */
function asJson(record: object): unknown {
  try {
    return JSON.parse(JSON.stringify(record)) as unknown;
  } catch {
    return undefined;
  }
}

function reportUnread({ name }: RoutePublication, error: unknown): void {
  logFailure(logger, `${name}: the option "previous" failed, so the message goes without it.`, error);
}
