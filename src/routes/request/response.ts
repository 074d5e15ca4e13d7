import { isObservable, Observable, type Observer, type Unsubscribable } from 'rxjs';
import { isRecord, isStream } from '../../common/type-guards.js';
import { Skipped } from './skipped.js';

/** A response of Express or Fastify, reduced to what says how it is serialized and sent. */
export interface HttpResponse {
  statusCode: number;
  /** Fastify's serializer, by the route's response schema if it has one. */
  serialize?: (value: unknown) => string;
  /** Express' application, for its setting "json replacer". */
  app?: { get?: (setting: string) => unknown };
  header?: (name: string, value: string) => unknown;
  headersSent?: boolean;
  /** Fastify's name for it. */
  sent?: boolean;
}

const NO_CONTENT = 204;
const RESET_CONTENT = 205;
const NOT_MODIFIED = 304;
const FIRST_ERROR = 400;

/**
 * The response as the caller receives it. It is serialized at once, because others may go on changing the object that
 * the handler returned; it is parsed later, when the caller no longer waits.
 */
export class SerializedResponse {
  private readonly text: string | undefined;
  private readonly failure: Error | undefined;
  /** Whether the handler has begun to respond by itself, perhaps with something else. */
  readonly isReplaced: boolean;
  /** The value, as long as nobody has had the opportunity to change it. */
  private unchanged: unknown;

  /** Never throws. A response that cannot be serialized publishes nothing and subscribes nobody. */
  constructor(
    value: unknown,
    private readonly response: HttpResponse,
  ) {
    this.isReplaced = response.headersSent === true || response.sent === true;
    try {
      if (isStream(value)) throw new Skipped('the response is a stream, not a record');
      this.text = serializeAsPlatform(value, response);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** Tells whether the request failed: the handler set such a status, or the response could not be sent. */
  get hasFailed(): boolean {
    return this.response.statusCode >= FIRST_ERROR;
  }

  /** Throws the error that prevented the response from being serialized, if there was one. */
  assertReadable(): void {
    if (this.failure) throw this.failure;
  }

  /** Returns a copy of what the caller receives; nothing where the status says that there is no body. */
  parse(): unknown {
    return this.isEmpty || this.text === undefined ? undefined : JSON.parse(this.text);
  }

  /** Has work that waits for nothing, and runs nothing of the application, read the value as it is. */
  whileUnchanged<T>(value: unknown, work: () => T): T {
    this.unchanged = value;
    try {
      return work();
    } finally {
      this.unchanged = undefined;
    }
  }

  /**
   * Returns the list that was serialized, where each of its records shows in this field what the caller receives there:
   * a text or a number. Of long lists, a copy of everything would cost more than all the rest.
   */
  listWith(field: string): ReadonlyArray<Record<string, unknown>> | undefined {
    const { unchanged: list, response } = this;
    if (!Array.isArray(list) || Object.getPrototypeOf(list) !== Array.prototype || hasOwnForm(list)) return undefined;
    const isAsWritten = !response.serialize && response.app?.get?.('json replacer') === undefined;
    if (!isAsWritten || this.isEmpty || this.failure) return undefined;
    return list.every((record) => showsAsWritten(record, field)) ? list : undefined;
  }

  private get isEmpty(): boolean {
    return [NO_CONTENT, RESET_CONTENT, NOT_MODIFIED].includes(this.response.statusCode);
  }
}

/** Tells whether JSON shows a field of a record as it is. */
function showsAsWritten(record: unknown, field: string): record is Record<string, unknown> {
  if (!isRecord(record) || hasOwnForm(record) || !Object.prototype.propertyIsEnumerable.call(record, field))
    return false;
  const { [field]: value } = record;
  return typeof value === 'string' || (typeof value === 'number' && Number.isFinite(value));
}

/** Tells whether an object says by itself what JSON makes of it. */
function hasOwnForm(value: object): boolean {
  return (value as { toJSON?: unknown }).toJSON !== undefined;
}

/** Serializes as the platform does, so a field that is hidden there stays hidden. */
export function serializeAsPlatform(value: unknown, response: HttpResponse): string | undefined {
  if (typeof value === 'object' && value !== null && response.serialize) return response.serialize(value);
  return JSON.stringify(value, response.app?.get?.('json replacer') as undefined);
}

/** Node's response, or one of Fastify's around it. */
interface Response {
  raw?: Response;
  statusCode: number;
  destroyed?: boolean;
  once(event: 'finish' | 'close', listener: () => void): unknown;
}

/** Callbacks for the two ways in which a delivery ends. */
interface Outcome {
  delivered: () => void;
  failed: () => void;
}

/**
 * Watches whether the caller receives the response, and reports the outcome when the response closes. Until then it may
 * turn out too large, too late, or refused by something below Nest.
 */
export class ResponseDelivery {
  private readonly response: Response;
  private readonly outcomes: Outcome[] = [];

  /** @param receivedAt when the request was received, by `performance.now()` */
  constructor(
    response: object,
    readonly receivedAt: number,
  ) {
    this.response = (response as Response).raw ?? (response as Response);
  }

  /** Tells whether the client is gone already. */
  get hasFailed(): boolean {
    return this.response.destroyed === true;
  }

  onOutcome(outcome: Outcome): void {
    if (this.outcomes.push(outcome) === 1) this.listen();
  }

  onDelivered(delivered: () => void): void {
    this.onOutcome({ delivered, failed: () => undefined });
  }

  private listen(): void {
    let isDelivered = false;
    this.response.once('finish', () => {
      isDelivered = this.response.statusCode < FIRST_ERROR;
    });
    this.response.once('close', () => {
      for (const { delivered, failed } of this.outcomes) (isDelivered ? delivered : failed)();
    });
  }
}

/** Does what follows from the value of a response. Returns nothing where there is nothing to wait for. */
type Settle = (value: unknown) => Promise<void> | undefined;

type Subscribe = (response: Observable<unknown>, observer: Observer<unknown>) => Unsubscribable;

/**
 * Passes a response on once its value is settled. Of an Observable, that is the last value, which Nest sends on
 * completion.
 */
export function holdUntilSettled(response: Promise<unknown>, settle: Settle, subscribe: Subscribe): Promise<unknown> {
  return response.then((value) => {
    if (isObservable(value)) return completeOnceSettled((observer) => subscribe(value, observer), settle);
    const settled = settle(value)?.then(() => value);
    if (!settled || !isStream(value)) return settled ?? value;
    // Nothing follows from a stream, and nothing listens for its errors before Nest has it.
    settled.catch(() => undefined);
    return value;
  });
}

function completeOnceSettled(
  subscribe: (observer: Observer<unknown>) => Unsubscribable,
  settle: Settle,
): Observable<unknown> {
  // One observable with one observer, since rxjs' operators cost more than all that is done here.
  return new Observable((subscriber) => {
    let last: { value: unknown } | undefined;
    const failed = (error: unknown): void => subscriber.error(error);
    return subscribe({
      // Values pass at once, because Nest treats a response without a value as an error.
      next: (value) => {
        last = { value };
        subscriber.next(value);
      },
      error: failed,
      complete: () => {
        try {
          const work = last && settle(last.value);
          if (work) work.then(() => subscriber.complete(), failed);
          else subscriber.complete();
        } catch (error) {
          failed(error);
        }
      },
    });
  });
}
