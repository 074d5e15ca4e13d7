import type { Observer } from 'rxjs';
import type { Socket } from 'socket.io';
import { NotSerializableError } from '../../common/common.errors.js';
import { errorBodyOf } from '../../common/error-body.js';
import { copyWithBinary } from '../../common/json.js';
import { withoutHiddenFields } from '../../common/serializers/class-transformer.js';
import { isObject, isPlainObject, isStream } from '../../common/type-guards.js';
import type { ErrorBody } from '../../protocol/request.js';
import type { PendingAnswer } from './pending-answer.js';
import { purposeOfEmittedEvent } from '../../protocol/reserved-events.js';

/** What is known of the handler of a message. */
export interface MessageHandler {
  /** The class and the method. */
  name: string;
  event: unknown;
  /** Nest does not acknowledge what it returns, since it has `@Ack()`. */
  isAckHandledManually: boolean;
  /** Whether it may acknowledge by itself, also when it has returned already. */
  mayAcknowledge: boolean;
}

/** Takes down what goes wrong with the results of handlers. */
export interface ResultFailures {
  refuse(socket: Socket, line: string, cause: unknown): void;
  report(name: string, error: unknown): void;
}

/** The answer of the server where an application has failed. */
const SERVER_ERROR = errorBodyOf(undefined);

const messages = new WeakMap<object, HandledMessage>();

/** Returns the message to which an acknowledgement belongs, if it is one that a handler was given. */
export function messageOf(acknowledge: unknown): HandledMessage | undefined {
  return typeof acknowledge === 'function' ? messages.get(acknowledge) : undefined;
}

/**
 * Sends what one handler returns for one message, each value as plain data. Nothing that is returned or thrown gets to
 * Socket.IO as it is, where data that is circular or deep ends the process.
 */
export class HandledMessage implements Observer<unknown> {
  /** What the handler is given in place of the acknowledgement, so that what it sends by itself is plain, too. */
  readonly acknowledge: ((...values: unknown[]) => void) | undefined;

  private onComplete: (() => void) | undefined;

  constructor(
    private readonly socket: Socket,
    private readonly handler: MessageHandler,
    private readonly answer: PendingAnswer | undefined,
    private readonly failures: ResultFailures,
    private readonly maxNesting: number,
  ) {
    if (!answer) return;
    this.acknowledge = (...values) => this.attempt(() => answer.send(...values.map((value) => this.plain(value))));
    messages.set(this.acknowledge, this);
  }

  /** Must come before the handler is called. */
  begin(onComplete: () => void): void {
    this.onComplete = onComplete;
    this.answer?.begin(this.handler.mayAcknowledge);
  }

  /** Takes a value that the handler has returned. */
  next(result: unknown): void {
    this.attempt(() => this.deliver(result));
  }

  /** Takes a failure that no filter has handled. */
  error(error: unknown): void {
    this.failures.report(this.handler.name, error);
    this.answer?.fail(SERVER_ERROR);
    this.complete();
  }

  complete(): void {
    this.answer?.end();
    this.onComplete?.();
  }

  /** Sets the answer for a handler that has failed. */
  fail(failure: ErrorBody): void {
    this.answer?.fail(failure);
  }

  /** Gives a filter the time to answer by itself. */
  waitFor(work: PromiseLike<unknown>): void {
    const { answer } = this;
    if (!answer) return;
    answer.hold();
    const end = (): void => answer.end();
    work.then(end, end);
  }

  private deliver(result: unknown): void {
    const instruction = wsResponseIn(result);
    if (instruction) return this.emit(instruction.event, instruction.data);
    if (!this.answer?.isOpen || this.handler.isAckHandledManually) return;
    if (result === null) this.answer.returnNull();
    else if (result !== undefined) this.answer.send(this.plain(result));
  }

  private emit(event: string, data: unknown): void {
    const purpose = purposeOfEmittedEvent(event);
    if (purpose === undefined) {
      this.socket.emit(event, this.plain(data));
      return;
    }
    this.refuse(
      `${this.handler.name} returned { event, data } with an event that no handler can emit: ${purpose}. Nothing was ` +
        'sent. If that was data and no instruction, return it inside of another object, such as { record }.',
    );
  }

  private plain(value: unknown): unknown {
    // A record may have functions of these names, which are left out as any other.
    if (isStream(value) && !isBinary(value) && !isPlainObject(value)) {
      throw new NotSerializableError(
        this.handler.name,
        'it is a stream; return bytes as a Buffer, and several values as an Observable, such as from() of rxjs makes',
      );
    }
    return copyWithBinary(this.handler.name, value, this.maxNesting, withoutHiddenFields());
  }

  private attempt(send: () => void): void {
    try {
      send();
    } catch (error) {
      const known = error instanceof NotSerializableError ? error : undefined;
      const what = known?.message ?? `${this.handler.name} returned what cannot be read.`;
      const cause = known ? known.cause : error;
      this.refuse(`${what} Nothing of it was sent. Return plain data, such as a DTO.`, cause);
    }
  }

  private refuse(line: string, cause?: unknown): void {
    this.failures.refuse(this.socket, line, cause);
    this.answer?.send(SERVER_ERROR);
  }
}

function isBinary(value: unknown): boolean {
  return ArrayBuffer.isView(value) || value instanceof ArrayBuffer;
}

/** What a handler returns that tells Nest to emit an event. */
interface WsResponse {
  event: string;
  data: unknown;
}

/**
 * Returns the instruction to emit an event, if a handler has returned one: an object of exactly these two fields,
 * whether it is a literal or the instance of a class that implements Nest's `WsResponse`. Nest itself takes anything
 * with a field `event` for that, such as a row of a calendar. What a class hides is no field.
 */
function wsResponseIn(result: unknown): WsResponse | undefined {
  if (!isObject(result) || !Object.hasOwn(result, 'event')) return undefined;
  const shown: unknown = withoutHiddenFields()?.(result) ?? result;
  if (!isObject(shown)) return undefined;
  const { event, data } = shown;
  const isExact = Object.keys(shown).length === 2 && Object.hasOwn(shown, 'event') && Object.hasOwn(shown, 'data');
  return isExact && typeof event === 'string' && event !== '' ? { event, data } : undefined;
}
