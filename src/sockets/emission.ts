import { describe } from './describe.js';
import { InvalidEmitOptionsError } from './errors/invalid-emit-options.error.js';
import { InvalidEventError } from './errors/invalid-event.error.js';
import { assertSerializable } from './serializable.js';
import type { SocketTargets } from './target.js';

/** Options of `broadcast` and `blast`. */
export interface EmitOptions {
  /** Who does not hear it: sockets, ids, rooms or the request, on any server. */
  except?: SocketTargets;
}

/** What is to be emitted, checked. */
export interface Emission {
  event: string;
  args: unknown[];
  except?: SocketTargets;
}

/** The event of an emit that names none, as in Sails. */
const DEFAULT_EVENT = 'message';

/** Socket.IO throws on these, or worse, takes them for its own. */
const RESERVED_EVENTS: ReadonlySet<string> = new Set([
  'connect',
  'connect_error',
  'disconnect',
  'disconnecting',
  'newListener',
  'removeListener',
]);

/** Reads `(event, data?, options?)` or the short form `(data, options?)`. */
export function readEmission(method: string, args: readonly unknown[], maxNesting: number): Emission {
  const short = typeof args[0] === 'object' && args[0] !== null;
  const [event, data, options] = short ? [undefined, ...args] : args;
  const { except } = readOptions(method, options);
  assertSerializable(method, data, maxNesting);
  return { event: readEvent(method, event), args: data === undefined ? [] : [data], except };
}

/** A missing or empty event name is the default one. */
export function readEvent(method: string, event: unknown): string {
  if (event === undefined || event === '') return DEFAULT_EVENT;
  if (typeof event !== 'string' || isReservedEvent(event)) throw new InvalidEventError(event, method);
  return event;
}

export function isReservedEvent(event: string): boolean {
  return RESERVED_EVENTS.has(event);
}

function readOptions(method: string, options: unknown): EmitOptions {
  if (options === undefined) return {};
  if (typeof options !== 'object' || options === null || Object.getPrototypeOf(options) !== Object.prototype) {
    throw new InvalidEmitOptionsError(method, describe(options), ['except']);
  }
  const unknown = Object.keys(options).find((key) => key !== 'except');
  if (unknown !== undefined) throw new InvalidEmitOptionsError(method, `"${unknown}"`, ['except']);
  return options;
}
