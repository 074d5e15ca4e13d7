import { expectTypeOf } from 'vitest';
import type { RecordId, ResourceMessage } from '../../../src/index.js';

interface User {
  id: number;
  name: string;
  pets: unknown[];
}

declare const message: ResourceMessage<User>;

expectTypeOf(message.verb).toEqualTypeOf<
  'created' | 'updated' | 'destroyed' | 'addedTo' | 'removedFrom' | 'messaged' | 'left' | 'entered'
>();
expectTypeOf(message.id).toEqualTypeOf<RecordId>();

// Which other properties a message has is known only once its verb is.
// @ts-expect-error not every message has data
message.data;

switch (message.verb) {
  case 'created':
    expectTypeOf(message.data).toEqualTypeOf<User>();
    // @ts-expect-error what has just come into being was nothing before
    message.previous;
    break;
  case 'updated':
    expectTypeOf(message.data).toEqualTypeOf<Partial<User>>();
    expectTypeOf(message.previous).toEqualTypeOf<Partial<User> | undefined>();
    break;
  case 'destroyed':
    expectTypeOf(message.previous).toEqualTypeOf<Partial<User> | undefined>();
    // @ts-expect-error a destroyed record has no data any more
    message.data;
    break;
  case 'addedTo':
    // The collection may be one that the record does not show.
    expectTypeOf(message.attribute === 'comments').toEqualTypeOf<boolean>();
    expectTypeOf<string>().toExtend<typeof message.attribute>();
    expectTypeOf(message.addedId).toEqualTypeOf<RecordId>();
    expectTypeOf(message.added).toEqualTypeOf<unknown>();
    // @ts-expect-error nothing was removed
    message.removedId;
    break;
  case 'removedFrom':
    expectTypeOf(message.attribute === 'comments').toEqualTypeOf<boolean>();
    expectTypeOf(message.removedId).toEqualTypeOf<RecordId>();
    // @ts-expect-error nothing was added
    message.addedId;
    break;
  case 'messaged':
    expectTypeOf(message.data).toEqualTypeOf<unknown>();
    break;
  case 'entered':
    expectTypeOf(message.data).toEqualTypeOf<User>();
    break;
  case 'left':
    // @ts-expect-error what it is elsewhere is not for those whom it left
    message.data;
    break;
  default:
    expectTypeOf(message).toEqualTypeOf<never>();
}

// @ts-expect-error 'changed' is not a verb of a resource
if (message.verb === 'changed') throw new Error();
