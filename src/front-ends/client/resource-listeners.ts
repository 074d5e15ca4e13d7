import { nearestName } from '../../protocol/nearest-name.js';
import type { DeliveryNote } from '../../protocol/notes.js';
import type { RecordId, ResourceMessage } from '../../protocol/resource-message.js';
import type { SliceValues, Unsubscription } from '../../protocol/subscription.js';
import { assertArgument, isRecord } from './assertions.js';

/**
 * Calls a listener of the application. If it throws, the error surfaces as uncaught, and the other listeners are still
 * called.
 */
export function callListener<Args extends readonly unknown[]>(listener: (...args: Args) => void, ...args: Args): void {
  resultOf(() => listener(...args), undefined);
}

/**
 * Returns what a function of the application returns. If it throws, the error surfaces as uncaught, and whoever has
 * called it goes on with something else.
 */
export function resultOf<Result>(call: () => Result, otherwise: Result): Result {
  try {
    return call();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
    return otherwise;
  }
}

/** Called with each message about a resource that this client is subscribed to. */
export type ResourceListener<T = Record<string, unknown>> = (message: ResourceMessage<T>, note: DeliveryNote) => void;

// oxlint-disable-next-line typescript/no-explicit-any -- As in Socket.IO.
type Listener = (...args: any[]) => void;

/** Socket.IO's events about the connection. */
const RESERVED: readonly unknown[] = ['connect', 'connect_error', 'disconnect'];

/** A listener; one that was added twice has two registrations. */
interface Registration {
  resource: string;
  listener: Listener;
  isOnce: boolean;
}

/** The application's listeners to resources, which survive reconnects. */
export class ResourceListeners {
  readonly #registrations = new Set<Registration>();
  /** The resources that the server has named, by answers and messages. */
  readonly #known = new Set<string>();
  readonly #warned = new Set<string>();

  /** Calls the listeners of a resource with what the server has sent. */
  handOn(resource: string, args: readonly unknown[]): void {
    if (isResourceMessage(args[0])) this.learn(resource);
    for (const registration of [...this.#registrations]) {
      // An earlier one may have ended it.
      if (registration.resource !== resource || !this.#registrations.has(registration)) continue;
      if (registration.isOnce) this.#registrations.delete(registration);
      callListener(registration.listener, ...args);
    }
  }

  /** Learns the names of resources from the server: what is listened to should be among them. */
  learn(...names: readonly string[]): void {
    const before = this.#known.size;
    for (const name of names) this.#known.add(name);
    if (this.#known.size > before) for (const { resource } of this.#registrations) this.#warnIfMistaken(resource);
  }

  add(method: 'on' | 'once', resource: string, listener: Listener): () => void {
    assertResource(method, resource);
    assertArgument(typeof listener === 'function', `${method}: the listener to "${resource}" must be a function`);
    // Each registration is an object of its own, so that ending one leaves others of the same listener alone.
    const registration: Registration = { resource, listener, isOnce: method === 'once' };
    this.#registrations.add(registration);
    this.#warnIfMistaken(resource);
    return () => void this.#registrations.delete(registration);
  }

  /** Warns once of a listener that hears nothing, if another name was probably meant, to which nothing listens. */
  #warnIfMistaken(resource: string): void {
    if (this.#known.has(resource) || this.#warned.has(resource)) return;
    const heard = new Set([...this.#registrations].map((registration) => registration.resource));
    const near = nearestName(
      resource,
      [...this.#known].filter((name) => !heard.has(name)),
    );
    if (near === undefined) return;
    this.#warned.add(resource);
    // oxlint-disable-next-line no-console -- It is for who writes the page, and the page goes on.
    console.warn(
      `nestjs-sockets: on("${resource}") hears nothing so far, and nothing listens to "${near}", which this client ` +
        `is subscribed to. Did you mean on("${near}")?`,
    );
  }

  remove(resource: string, listener?: Listener): void {
    assertResource('off', resource);
    for (const registration of this.#registrations) {
      const isMeant = listener === undefined || registration.listener === listener;
      if (isMeant && registration.resource === resource) this.#registrations.delete(registration);
    }
  }
}

export function isResourceMessage(message: unknown): message is ResourceMessage {
  const { verb, id } = (message ?? {}) as Record<string, unknown>;
  return typeof verb === 'string' && id !== undefined;
}

/** @throws TypeError */
export function assertResource(name: string, resource: unknown): asserts resource is string {
  assertArgument(
    typeof resource === 'string' && resource !== '',
    `${name}: the resource must be a name, such as "card", as the server has it in @Resourceful("card")`,
  );
  assertArgument(!RESERVED.includes(resource), `${name}: "${resource}" is not a resource. See onState()`);
}

/** The most ids that a server takes in one message. */
const MAX_IDS = 1_000;

/** What `unsubscribe` ends: records by their ids, or a slice by its values. No slice is by the id: that is a record. */
export type Unsubscribed = RecordId | readonly RecordId[] | (SliceValues & { readonly id?: never });

/**
 * Reads what is given up by `unsubscribe`.
 *
 * @throws TypeError
 */
export function readUnsubscribed(given: Unsubscribed | undefined): Pick<Unsubscription, 'ids' | 'slice'> {
  if (given === undefined) return {};
  if (isRecord(given)) {
    assertArgument(
      isSlice(given),
      'unsubscribe: the slice must be an object of values by field, such as { boardId: 7 }',
    );
    return { slice: given };
  }
  const ids = [given].flat();
  assertArgument(
    ids.every((id) => typeof id === 'string' || typeof id === 'number'),
    'unsubscribe: the ids must be strings or numbers, one or an array of them',
  );
  return { ids };
}

function isSlice(given: Readonly<Record<string, unknown>>): given is SliceValues {
  const values = Object.values(given);
  return values.length > 0 && values.every((value) => ['string', 'number', 'boolean'].includes(typeof value));
}

/** Splits an unsubscription into as many messages as it takes. */
export function unsubscriptions({ resource, ids, slice }: Unsubscription): Unsubscription[] {
  if (!ids) return [slice ? { resource, slice } : { resource }];
  const parts = Math.ceil(ids.length / MAX_IDS);
  return Array.from({ length: parts }, (_, n) => ({ resource, ids: ids.slice(n * MAX_IDS, (n + 1) * MAX_IDS) }));
}
