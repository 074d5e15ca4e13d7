import { LineLogger } from '../../common/log.js';
import type { RecordId } from '../../protocol/resource-message.js';
import { kindOf } from '../../resources/definition/id-kinds.js';
import type { Resource } from '../../resources/definition/resource.js';
import type { RecordFinder } from '../request/record-finder.js';

const logger = new LineLogger('ResourcefulPubSub');

const warned = new WeakSet<object>();

/** A publishing decorator on a route. */
interface Publisher {
  resource: Resource;
  name: string;
  finder: RecordFinder;
}

/**
 * Warns of an id in a path that looks like that of no record that was read: whoever has read the record does not hear
 * of it. Logged once for each resource.
 */
export function warnOfUnlikeId({ resource, name, finder }: Publisher, id: RecordId): void {
  const { ids, keys } = resource;
  if (keys.field !== undefined || warned.has(resource) || !ids.kinds.areUnlike(id)) return;
  const [parameter] = finder.idParameters;
  if (parameter === undefined) return;
  warned.add(resource);
  const isText = kindOf(id) === 'text';
  const field = parameter === resource.idField ? 'slug' : parameter;
  const ways = [
    ...(isText ? [`say which field it is: @Resourceful('${resource.name}', { key: '${field}' })`] : []),
    `say where the id is: { id: (record, context) => … }`,
  ];
  logger.warn(
    `${name}: the path names the record by ":${parameter}", which is ${isText ? 'a text' : `a ${kindOf(id)}`} here, ` +
      `and the records of "${resource.name}" that were read have ${ids.kinds.written} as their ids, in the field ` +
      `"${resource.idField}". So nobody who has read one hears of it. If it is another name of the record, ` +
      `${ways.join('; or ')}. (Logged once.)`,
  );
}
