import { Logger } from '@nestjs/common';
import { isObject } from '../../common/type-guards.js';
import { logFailure } from '../../common/log.js';
import { withTimeout } from '../../common/promises.js';
import type { PublishContext } from '../publish-context.js';
import { NO_PREVIOUS, type PreviousRecord } from '../request/route-result.js';
import { PUBLICATION_TIMEOUT } from './publication-queue.js';
import type { RoutePublication } from './route-publication.js';

const logger = new Logger('ResourcefulPubSub');

/**
 * Reads the record as it is before the handler runs, by the option `previous` of one publishing decorator. Never
 * rejects: if it cannot be read, the message is sent without it.
 */
export async function readPreviousRecord(
  { metadata: { options }, name, resource }: RoutePublication,
  context: PublishContext,
): Promise<PreviousRecord> {
  if (!options.previous) return NO_PREVIOUS;
  try {
    const reading = Promise.resolve(options.previous(context));
    const value = await withTimeout(PUBLICATION_TIMEOUT, 'to read it', reading);
    const records = [value].flat().filter(isObject);
    return { value, slices: new Map(records.map((record) => [record, resource.slices.fieldsOf(record)])) };
  } catch (error) {
    logFailure(logger, `${name}: the option "previous" failed, so the message goes without it.`, error);
    return NO_PREVIOUS;
  }
}
