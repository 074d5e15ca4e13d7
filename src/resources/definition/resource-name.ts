import { describeValue } from '../../common/describe-value.js';
import { isOwnEvent, isSocketIoEvent } from '../../protocol/reserved-events.js';
import { InvalidResourceError } from '../resources.errors.js';

/** None of `~ # @ /`: they separate the parts of a room's name. */
const NAME = /^[A-Za-z][\w.-]*$/;

/** @throws InvalidResourceError */
export function assertResourceName(name: unknown): void {
  if (isResourceName(name) && !isSocketIoEvent(name) && !isOwnEvent(name)) return;
  throw new InvalidResourceError(
    `${shown(name)} cannot be the name of a resource: it is also the name of an event. ` +
      `Use letters, digits, "_", "-" and ".", beginning with a letter, and none of Socket.IO's own events or of this ` +
      `library's.`,
  );
}

/** @throws InvalidResourceError */
export function assertVerbName(verb: unknown, where: string): void {
  if (isResourceName(verb)) return;
  throw new InvalidResourceError(
    `${where}: ${shown(verb)} cannot be a verb. Use letters, digits, "_", "-" and ".", beginning with a letter.`,
  );
}

/** Whether this can be the name of a resource, a verb or an audience. */
export function isResourceName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

function shown(name: unknown): string {
  return typeof name === 'string' ? `"${name}"` : describeValue(name);
}
