import {
  BadRequestException,
  ForbiddenException,
  HttpException,
  HttpStatus,
  PayloadTooLargeException,
} from '@nestjs/common';
import type { Socket } from 'socket.io';
import { NotSerializableError } from '../../common/common.errors.js';
import { errorBody, errorBodyOf } from '../../common/error-body.js';
import { copyWithBinary } from '../../common/json.js';
import { debugLog, FailureLog, LineLogger } from '../../common/log.js';
import { isRecord } from '../../common/type-guards.js';
import { thenSync, withTimeout } from '../../common/promises.js';
import type { StandardResult, StandardSchema } from '../../common/serializers/standard-schema.js';
import type { Identities } from '../../connections/identities.js';
import type { SignalNote } from '../../protocol/notes.js';
import type { ErrorBody, SocketResponse } from '../../protocol/request.js';
import { deliver } from '../../server/cluster/delivery/delivery.js';
import type { Acknowledge } from '../../server/inbound/client-events.js';
import { refusalsOf } from '../../server/metrics.js';
import type { RoomTemplate } from '../room-template.js';
import { InvalidRoomValueError } from '../rooms.errors.js';
import type { ResolvedRelayOptions } from './relay.options.js';
import { SignalRates } from './signal-rates.js';

const debug = debugLog('rooms');

/** No error, since a client that floods the server must not make it capture a stack trace for each signal. */
const TOO_MANY = errorBody(HttpStatus.TOO_MANY_REQUESTS, 'Too many signals. Send fewer of them.');

/** Keys that code which copies the data carelessly would take for more than data. */
const DANGEROUS_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * Reads the data of a signal, which may be anything.
 *
 * @param args the arguments of the event, without the acknowledgement
 * @throws BadRequestException whose message repeats nothing of it
 */
function readSignal(args: readonly unknown[], maxNesting: number): Record<string, unknown> {
  const [said] = args;
  if (args.length !== 1 || !isRecord(said)) throw new BadRequestException('Send one object.');
  const data = plainSignal(said, maxNesting) as Record<string, unknown>;
  assertHarmless(data);
  return data;
}

function plainSignal(said: object, maxNesting: number): unknown {
  try {
    return copyWithBinary('relay', said, maxNesting);
  } catch (error) {
    if (!(error instanceof NotSerializableError)) throw error;
    throw new BadRequestException(`Send plain JSON that nests at most ${maxNesting} levels deep.`, { cause: error });
  }
}

/** Recurses, which is safe since the nesting has been limited. */
function assertHarmless(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if (Buffer.isBuffer(value)) throw new BadRequestException('Send plain JSON, without binary.');
  for (const [key, field] of Object.entries(value)) {
    if (DANGEROUS_KEYS.has(key)) throw new BadRequestException('A key of the data has a name that is not allowed.');
    assertHarmless(field);
  }
}

/** How long, in milliseconds, a schema may take. */
const SCHEMA_TIMEOUT = 5_000;

/** Handles the signals of one `@Relay` on one class: from what a client sends to what the others in the room hear. */
export class RelayHandler {
  private readonly logger = new LineLogger('Relay');
  private readonly failures = new FailureLog(this.logger);
  private readonly rates: SignalRates;
  /** Statuses of the refusals that have been logged, since their senders did not want to know. */
  private readonly logged = new Set<number>();

  constructor(
    /** Names the decorator and the class. */
    readonly name: string,
    readonly event: string,
    private readonly room: RoomTemplate,
    private readonly options: ResolvedRelayOptions,
    private readonly identities: Identities,
    private readonly maxNesting: number,
  ) {
    this.rates = new SignalRates(options);
  }

  /** Never throws. A signal that needs no waiting is relayed before this returns, so that signals keep their order. */
  receive(socket: Socket, args: readonly unknown[], acknowledge: Acknowledge | undefined): void {
    const wait = this.rates.take(socket, this.identities.userIdOf(socket));
    if (wait > 0) {
      refusalsOf(socket.nsp.server).add('relayRate');
      return this.refuse(TOO_MANY, acknowledge, { 'retry-after': String(Math.ceil(wait / 1_000)) });
    }
    new Promise<void>((resolve) => resolve(this.relay(socket, args))).then(
      () => acknowledge?.({ headers: {}, statusCode: HttpStatus.NO_CONTENT }),
      (error: unknown) => this.refuse(this.refusalFor(error), acknowledge),
    );
  }

  /** @throws HttpException where the client is at fault, and anything else where the application is */
  private relay(socket: Socket, args: readonly unknown[]): void | Promise<void> {
    const { maxSize } = this.options;
    const data = readSignal(args, this.maxNesting);
    if (Buffer.byteLength(JSON.stringify(data)) > maxSize) {
      refusalsOf(socket.nsp.server).add('relaySize');
      throw new PayloadTooLargeException(`Send at most ${maxSize} bytes of JSON.`);
    }
    return thenSync(this.validated(data), (valid) => this.send(socket, valid));
  }

  private validated(data: Record<string, unknown>): unknown {
    const { schema } = this.options;
    return schema ? thenSync(validate(schema, data), (result) => this.outputOf(result)) : data;
  }

  private outputOf(result: StandardResult): unknown {
    // The issues may repeat what was sent.
    if (result.issues) throw new BadRequestException('The data does not have the shape that is asked for.');
    return copyWithBinary(this.name, result.value, this.maxNesting);
  }

  private send(socket: Socket, data: unknown): void {
    const room = this.roomFor(data);
    // A room that nobody is in is refused in the same way, so that nobody can find out which rooms there are.
    if (!socket.connected || !socket.rooms.has(room)) throw new ForbiddenException('You are not in that room.');
    const user = this.identities.userIdOf(socket);
    const note: SignalNote = user === undefined ? {} : { user };
    debug?.(`${socket.id} signals ${this.event} to ${room}`);
    deliver(socket.nsp, { rooms: [room], except: [socket.id], volatile: true }, this.event, [data, note]);
  }

  private roomFor(data: unknown): string {
    try {
      return this.room.fill(data as Record<string, unknown>);
    } catch (error) {
      if (!(error instanceof InvalidRoomValueError)) throw error;
      const message =
        `The data needs ${this.room.fields.join(', ')}: ` +
        'each a string that is not empty, a number, or true or false.';
      throw new BadRequestException(message, { cause: error });
    }
  }

  /** Never throws, since nobody would catch it. */
  private refusalFor(error: unknown): ErrorBody {
    try {
      if (!(error instanceof HttpException)) this.failures.report(`${this.name}: a signal was not relayed.`, error);
      return errorBodyOf(error);
    } catch {
      // Anything may have been thrown, even something that throws when it is read.
      return errorBodyOf(undefined);
    }
  }

  private refuse(body: ErrorBody, acknowledge: Acknowledge | undefined, headers: SocketResponse['headers'] = {}): void {
    const { statusCode, message } = body;
    if (acknowledge) return acknowledge({ body, headers, statusCode });
    if (this.logged.has(statusCode)) return;
    this.logged.add(statusCode);
    this.logger.warn(
      `${this.name}: a signal was refused (${statusCode}, "${message}"), and its sender asked for no ` +
        'acknowledgement. (Logged once.)',
    );
  }
}

function validate(schema: StandardSchema, data: unknown): StandardResult | Promise<StandardResult> {
  const result = schema['~standard'].validate(data);
  return result instanceof Promise ? withTimeout(SCHEMA_TIMEOUT, 'the schema', result) : result;
}
