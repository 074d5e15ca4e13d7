import { concat, defer, EMPTY, from, ignoreElements, tap, type Observable } from 'rxjs';
import { isStream } from '../../common/streams.js';
import { Skipped } from './skipped.js';

/** An Express or Fastify response, as far as it says how it writes. */
export interface HttpResponse {
  statusCode: number;
  /** Fastify: by the route's response schema, if it has one. */
  serialize?: (value: unknown) => string;
  /** Express: its setting "json replacer". */
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
 * The response as the caller receives it. It is written down at once, since the handler may have answered an object that others go on changing, and read later,
 * when the caller waits for nothing any more.
 */
export class SerializedResponse {
  private readonly text: string | undefined;
  private readonly failure: Error | undefined;
  /** The handler has begun to answer by itself, with something else perhaps. */
  readonly isReplaced: boolean;

  /** Never throws: what cannot be written down, nobody is told of or subscribed to. */
  constructor(
    value: unknown,
    private readonly response: HttpResponse,
  ) {
    this.isReplaced = response.headersSent === true || response.sent === true;
    try {
      if (isStream(value)) throw new Skipped('the response is a stream, not a record');
      this.text = serialize(value, response);
    } catch (error) {
      this.failure = error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The handler said so by the status, or it could not be sent. */
  get hasFailed(): boolean {
    return this.response.statusCode >= FIRST_ERROR;
  }

  /** @throws what prevented it from being serialized */
  assertReadable(): void {
    if (this.failure) throw this.failure;
  }

  /** A copy of what the caller receives; nothing where the status says that there is no body. */
  parse(): unknown {
    const empty = [NO_CONTENT, RESET_CONTENT, NOT_MODIFIED].includes(this.response.statusCode);
    return empty || this.text === undefined ? undefined : JSON.parse(this.text);
  }
}

/** As the platform does it: a field that is hidden there stays hidden. */
function serialize(value: unknown, response: HttpResponse): string | undefined {
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

/** What is done once it is known. */
interface Outcome {
  delivered: () => void;
  failed: () => void;
}

/**
 * Whether the caller gets the answer after all: it may turn out too large, too late, or refused by something below Nest. That is known when the response
 * closes.
 */
export class ResponseDelivery {
  private readonly response: Response;
  private readonly outcomes: Outcome[] = [];

  /** @param since when the request came, as `performance.now()` has it */
  constructor(
    response: object,
    readonly receivedAt: number,
  ) {
    this.response = (response as Response).raw ?? (response as Response);
  }

  /** Nobody waits for it any more. */
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

/**
 * Passes a response on, and completes it only once its last value is settled: Nest sends that one, on completion, and not before what settles it is done.
 *
 * @param settle called with the last value; gives nothing where there is nothing to wait for
 */
export function holdUntilSettled(
  response: Observable<unknown>,
  settle: (value: unknown) => Promise<void> | undefined,
): Observable<unknown> {
  let last: { value: unknown } | undefined;
  // Values pass at once, for Nest takes it for an error if a response ends without one.
  const values = response.pipe(tap((value) => (last = { value })));
  const settled = defer(() => {
    const work = last && settle(last.value);
    return work ? from(work).pipe(ignoreElements()) : EMPTY;
  });
  return concat(values, settled);
}
