import {
  Catch,
  ConflictException,
  NotFoundException,
  UseFilters,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import {
  BaseWsExceptionFilter,
  MessageBody,
  SubscribeMessage,
  WebSocketGateway,
  WsException,
} from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';
import { CANARY, exceptionsOf, SERVER_ERROR, UNKNOWN } from './support/failures.js';

const answers: unknown[] = [];

@Catch(ConflictException)
class Answering implements ExceptionFilter {
  catch(exception: ConflictException, host: ArgumentsHost): void {
    host.getArgByIndex<((value: unknown) => void) | undefined>(2)?.({ mine: exception.message });
    host.switchToWs().getClient<Socket>().emit('conflict', exception.message);
  }
}

@Catch(NotFoundException)
class AnsweringLate implements ExceptionFilter {
  async catch(_exception: NotFoundException, host: ArgumentsHost): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    host.getArgByIndex<((value: unknown) => void) | undefined>(2)?.('late');
  }
}

@Catch(TypeError)
class Silent implements ExceptionFilter {
  catch(exception: unknown): void {
    answers.push(exception);
  }
}

@Catch(RangeError)
class Throwing implements ExceptionFilter {
  catch(): void {
    throw new Error('the filter is broken');
  }
}

@Catch(SyntaxError)
class Rejecting implements ExceptionFilter {
  async catch(): Promise<void> {
    throw new Error('the filter is broken');
  }
}

@Catch(URIError)
class Extending extends BaseWsExceptionFilter {
  override catch(exception: Error, host: ArgumentsHost): void {
    // oxlint-disable-next-line promise/valid-params -- This is no promise.
    super.catch(exception, host);
  }
}

@Catch(EvalError)
class Inherited extends BaseWsExceptionFilter {}

@Catch(DOMException)
class WithField implements ExceptionFilter {
  catch = async (exception: DOMException): Promise<void> => {
    answers.push(exception.message);
    throw new Error('the field is broken');
  };
}

class BaseGateway {
  @SubscribeMessage('inherited')
  @UseFilters(new Inherited())
  inherited(): never {
    throw new EvalError('x');
  }
}

@WebSocketGateway()
@UseFilters(Answering, new AnsweringLate(), Silent, Throwing, Rejecting, WithField)
class FilteredGateway extends BaseGateway {
  private readonly errors: Record<string, () => unknown> = {
    conflict: () => new ConflictException('taken'),
    late: () => new NotFoundException('gone'),
    silent: () => new TypeError('x'),
    throwing: () => new RangeError('x'),
    rejecting: () => new SyntaxError('x'),
    extending: () => new URIError('x'),
    field: () => new DOMException('x'),
    none: () => new WsException('no filter'),
  };

  @SubscribeMessage('well')
  well(): string {
    return 'well';
  }

  @SubscribeMessage('filtered')
  @UseFilters(Extending)
  fail(@MessageBody() [name]: [string]): never {
    throw this.errors[name]();
  }
}

describe('filters of the application', () => {
  it('handle exceptions as in Nest, and may answer; if they do not, the exception is the answer', async () => {
    const logs = new Logs();
    const app = await start({ providers: [FilteredGateway], main: logs.open });
    const client = await app.connect();
    const fail = (name: string): Promise<unknown> => client.socket.emitWithAck('filtered', [name, CANARY]);

    expect(await fail('conflict')).toEqual({ mine: 'taken' });
    expect(await fail('late')).toBe('late');
    expect(await fail('silent')).toEqual(SERVER_ERROR);
    expect(answers.splice(0)).toEqual([new TypeError('x')]);
    expect(await exceptionsOf(client, 0)).toEqual([]);
    expect(client.heard('conflict')).toEqual(['taken']);

    expect(await fail('throwing')).toEqual(SERVER_ERROR);
    expect(await fail('rejecting')).toEqual(SERVER_ERROR);
    expect(logs.naming('the filter is broken').errors).toEqual([
      'FilteredGateway.fail() failed, and so did what handles its errors. the filter is broken',
      'Rejecting.catch() failed. the filter is broken',
    ]);
    expect(await fail('extending')).toEqual(SERVER_ERROR);
    expect(await client.socket.emitWithAck('inherited', [CANARY])).toEqual(SERVER_ERROR);
    expect(await fail('none')).toEqual({ statusCode: 400, code: 'BAD_REQUEST', message: 'no filter' });
    for (const name of ['conflict', 'throwing', 'rejecting', 'extending'])
      client.socket.emit('filtered', [name, CANARY]);
    expect(await exceptionsOf(client, 4)).toEqual([
      UNKNOWN,
      UNKNOWN,
      { status: 'error', message: 'no filter' },
      UNKNOWN,
    ]);
    expect(client.heard('conflict')).toEqual(['taken', 'taken']);
    expect(JSON.stringify(client.received)).not.toContain(CANARY);
  });

  it('may have their method as a field: a failure is answered, and ends nothing', async () => {
    const logs = new Logs();
    const app = await start({ providers: [FilteredGateway], main: logs.open });
    const client = await app.connect();
    expect(await client.socket.emitWithAck('filtered', ['field', CANARY])).toEqual(SERVER_ERROR);
    expect(answers.splice(0)).toEqual(['x']);
    expect(await client.socket.emitWithAck('well')).toBe('well');
    expect(logs.naming('the field is broken').errors).toEqual(['WithField.catch() failed. the field is broken']);
  });
});
