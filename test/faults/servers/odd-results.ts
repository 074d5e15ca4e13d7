import { NEVER, of } from 'rxjs';

const SECRET = 'hunter2';

/** What handlers may return by mistake, by the name that an attack asks for it. */
const RESULTS: Record<string, () => unknown> = {
  disconnect: () => ({ id: 1, event: 'disconnect', data: {} }),
  connect: () => ({ id: 1, event: 'connect', title: 'a record' }),
  newListener: () => ({ event: 'newListener', id: 1 }),
  forged: () => ({ id: 1, event: 'exception', data: { forged: true } }),
  emptyEvent: () => ({ id: 1, event: '' }),
  numericEvent: () => ({ id: 1, event: 7 }),
  then: () => ({ id: 1, then: 'soon' }),
  toJSON: () => ({ id: 1, toJSON: 'no function' }),
  throwingToJSON: () => ({ toJSON: () => raise(new Error(SECRET)) }),
  length: () => ({ id: 1, length: 4_294_967_296 }),
  subscribe: () => ({ id: 1, subscribe: true }),
  pipe: () => ({ id: 1, pipe: () => undefined }),
  undefined: () => undefined,
  null: () => null,
  date: () => new Date(0),
  map: () => new Map([['a', 1]]),
  bigint: () => ({ id: 1, size: 1n }),
  symbol: () => ({ id: Symbol('s') }),
  circular: () => {
    const record: Record<string, unknown> = { id: 1 };
    record.self = record;
    return record;
  },
  deep: () => nested(5_000),
  getter: () => ({
    get id() {
      return raise(new Error(SECRET));
    },
  }),
  buffer: () => Buffer.from('bytes'),
  rejected: () => Promise.reject(new Error(SECRET)),
  observable: () => of({ id: 1, event: 'disconnect' }),
  never: () => NEVER,
};

/** What handlers may throw. */
const FAILURES: Record<string, () => unknown> = {
  error: () => new Error(SECRET),
  string: () => SECRET,
  null: () => null,
  undefined: () => undefined,
  cause: () => {
    const error = new Error(SECRET);
    error.cause = error;
    return error;
  },
  getter: () => ({
    get message() {
      return raise(new Error(SECRET));
    },
  }),
  deep: () => nested(5_000),
};

export function oddResult(name: unknown): unknown {
  return RESULTS[String(name)]?.();
}

export function fail(name: unknown): never {
  throw FAILURES[String(name)]?.();
}

function raise(error: Error): never {
  throw error;
}

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}
