import { describe } from '../sockets/describe.js';
import { isReservedEvent } from '../sockets/emission.js';
import { InvalidResourceError } from './errors/invalid-resource.error.js';

/** No `/` and no `#`: they separate the parts of a room's name. */
const NAME = /^[A-Za-z][\w.-]*$/;

/** @throws InvalidResourceError */
export function assertResourceName(name: unknown): void {
  if (isName(name) && !isReservedEvent(name)) return;
  throw new InvalidResourceError(
    `${shown(name)} cannot be the name of a resource: it is also the name of an event. ` +
      `Use letters, digits, "_", "-" and ".", beginning with a letter, and none of Socket.IO's own events.`,
  );
}

/** @throws InvalidResourceError */
export function assertVerbName(verb: unknown, where: string): void {
  if (isName(verb)) return;
  throw new InvalidResourceError(
    `${where}: ${shown(verb)} cannot be a verb. Use letters, digits, "_", "-" and ".", beginning with a letter.`,
  );
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && NAME.test(name);
}

function shown(name: unknown): string {
  return typeof name === 'string' ? `"${name}"` : describe(name);
}
