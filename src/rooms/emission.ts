import { copyWithBinary } from '../common/json.js';
import { withoutHiddenFields } from '../common/serializers/class-transformer.js';
import { type OptionRule, readOptions } from '../common/option-rules.js';
import { isSocketIoEvent } from '../protocol/reserved-events.js';
import { InvalidEventError } from '../server/server.errors.js';
import { TRANSACTION_OPTIONS, type TransactionOptions } from '../transactions/transactions.options.js';
import type { SocketTargets } from './target.js';

/** Options of `broadcast` and `blast`. */
export interface EmitOptions extends TransactionOptions {
  /** Who does not get it: sockets, ids, rooms or the request, on any server. */
  except?: SocketTargets;
}

/** What is to be emitted, after it was checked and made plain. */
export interface Emission {
  event: string;
  /** One argument, or none. */
  args: unknown[];
  options: EmitOptions;
}

/** The names of the options of `broadcast` and `blast`, for errors. */
export const EMIT_OPTIONS: Record<keyof EmitOptions, OptionRule | undefined> = {
  except: undefined,
  ...TRANSACTION_OPTIONS,
};

/** The event of an emit without a name, as in Sails. */
const DEFAULT_EVENT = 'message';

/** Reads `(event, data?, options?)` or the short form `(data, options?)`. */
export function readEmission(method: string, args: readonly unknown[], maxNesting: number): Emission {
  const short = typeof args[0] === 'object' && args[0] !== null;
  const [event, data, given] = short ? [undefined, ...args] : args;
  const options = readOptions<EmitOptions>(method, given, EMIT_OPTIONS);
  return { event: readEvent(method, event), args: readData(method, data, maxNesting), options };
}

/** Reads an event's name; if it is missing or empty, the default one counts. */
export function readEvent(method: string, event: unknown): string {
  if (event === undefined || event === '') return DEFAULT_EVENT;
  if (typeof event !== 'string' || isSocketIoEvent(event)) throw new InvalidEventError(event, method);
  return event;
}

/** Reads the data as arguments: without data there is none. Fields that class-transformer hides are left out. */
export function readData(method: string, data: unknown, maxNesting: number): unknown[] {
  const plain = copyWithBinary(method, data, maxNesting, withoutHiddenFields());
  return plain === undefined ? [] : [plain];
}
