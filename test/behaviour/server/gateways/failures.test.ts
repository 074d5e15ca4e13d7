import {
  BadRequestException,
  HttpException,
  NotFoundException,
  UseGuards,
  UseInterceptors,
  UsePipes,
  type CanActivate,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { MessageBody, SubscribeMessage, WebSocketGateway, WsException } from '@nestjs/websockets';
import { concat, of, throwError } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { start } from '../../../support/application.js';
import type { TestClient } from '../../../support/client.js';
import { Logs } from '../../../support/logs.js';
import { CANARY, exceptionsOf, SERVER_ERROR, UNKNOWN } from './support/failures.js';

const cyclic = (): Error => {
  const error = new Error('boom');
  error.cause = { error };
  return error;
};

const failures: Record<string, () => unknown> = {
  error: () => new Error('select * from users'),
  text: () => 'just text',
  null: () => null,
  nothing: () => undefined,
  bigInt: () => 1n,
  cyclic,
  hostile: () => ({
    get message(): string {
      throw new Error('not readable');
    },
    get constructor(): never {
      throw new Error('not readable');
    },
    get stack(): string {
      throw new Error('not readable');
    },
  }),
  hostileException: () =>
    Object.defineProperty(new BadRequestException(), 'getResponse', {
      get() {
        throw new Error('not readable');
      },
    }),
  ws: () => new WsException('Not your board.'),
  wsObject: () => new WsException({ status: 409, message: 'Taken.', hint: 'another name' }),
  wsCircular: () => {
    const content: Record<string, unknown> = { message: 'Round.' };
    content.self = content;
    return new WsException(content);
  },
  notFound: () => new NotFoundException('No such board.'),
  teapot: () => new HttpException('I am one.', 418),
};

class Refusing implements CanActivate {
  canActivate(): boolean {
    return false;
  }
}

class ThrowingGuard implements CanActivate {
  async canActivate(): Promise<boolean> {
    throw new Error('no database');
  }
}

class ThrowingPipe implements PipeTransform {
  transform(): unknown {
    throw new BadRequestException(['name must be a string', 'age must be a number']);
  }
}

class ThrowingInterceptor implements NestInterceptor {
  intercept(): never {
    throw new Error('no database');
  }
}

@WebSocketGateway()
class FailingGateway {
  @SubscribeMessage('throw')
  throw(@MessageBody() [name]: [string]): never {
    throw failures[name]();
  }

  @SubscribeMessage('reject')
  async reject(@MessageBody() [name]: [string]): Promise<never> {
    throw failures[name]();
  }

  @SubscribeMessage('observe')
  observe(@MessageBody() [name]: [string]): unknown {
    return throwError(failures[name]);
  }

  @SubscribeMessage('late')
  late(): unknown {
    return concat(of('first'), throwError(failures.error));
  }

  @SubscribeMessage('guarded')
  @UseGuards(Refusing)
  guarded(): void {}

  @SubscribeMessage('badly guarded')
  @UseGuards(ThrowingGuard)
  badlyGuarded(): void {}

  @SubscribeMessage('piped')
  @UsePipes(ThrowingPipe)
  piped(@MessageBody() _data: unknown): void {}

  @SubscribeMessage('intercepted')
  @UseInterceptors(ThrowingInterceptor)
  intercepted(): void {}

  @SubscribeMessage('well')
  well(): string {
    return 'well';
  }
}

async function open(...providers: Array<new () => unknown>): Promise<{ client: TestClient; logs: Logs }> {
  const logs = new Logs();
  const app = await start({ providers: [FailingGateway, ...providers], main: logs.open });
  return { client: await app.connect(), logs };
}

describe('a handler of a gateway that fails', () => {
  it.each(['throw', 'reject', 'observe'])('has its client told by both ways: %s', async (how) => {
    const { client } = await open();
    const fail = (name: string): Promise<unknown> => client.socket.emitWithAck(how, [name, CANARY]);

    for (const name of ['error', 'text', 'null', 'nothing', 'bigInt', 'cyclic', 'hostile', 'hostileException']) {
      expect([name, await fail(name)]).toEqual([name, SERVER_ERROR]);
    }
    const unknown = await exceptionsOf(client, 8);
    expect(unknown.slice(0, 7)).toEqual(Array.from({ length: 7 }, () => UNKNOWN));
    client.forget();

    expect(await fail('ws')).toEqual({ statusCode: 400, code: 'BAD_REQUEST', message: 'Not your board.' });
    expect(await fail('wsObject')).toEqual({ statusCode: 409, code: 'CONFLICT', message: 'Taken.' });
    expect(await fail('wsCircular')).toEqual({ statusCode: 400, code: 'BAD_REQUEST', message: 'Round.' });
    expect(await fail('notFound')).toEqual({ statusCode: 404, code: 'NOT_FOUND', message: 'No such board.' });
    expect(await fail('teapot')).toEqual({ statusCode: 418, code: 'I_AM_A_TEAPOT', message: 'I am one.' });
    expect(await exceptionsOf(client, 5)).toEqual([
      { status: 'error', message: 'Not your board.' },
      { status: 409, message: 'Taken.', hint: 'another name' },
      UNKNOWN,
      { status: 'error', message: 'No such board.' },
      { status: 'error', message: 'I am one.' },
    ]);
  });

  it('has its client told by the event "exception" if that asked for no acknowledgement, without its data', async () => {
    const { client, logs } = await open();
    for (const event of ['throw', 'reject', 'observe']) client.socket.emit(event, ['error', CANARY]);
    for (const event of ['badly guarded', 'intercepted', 'guarded']) client.socket.emit(event, CANARY);

    const heard = (await exceptionsOf(client, 6)) as Array<typeof UNKNOWN>;
    const forbidden = { status: 'error', message: 'Forbidden resource' };
    const byMessage = heard.toSorted((one, other) => one.message.localeCompare(other.message));
    expect(byMessage).toEqual([forbidden, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN]);
    expect(JSON.stringify(client.received)).not.toContain(CANARY);
    const lines = logs.errors.filter((line) => line.includes('FailingGateway.'));
    expect(lines.toSorted()).toEqual([
      'FailingGateway.badlyGuarded() failed. no database',
      'FailingGateway.intercepted() failed. no database',
      'FailingGateway.observe() failed. select * from users',
      'FailingGateway.reject() failed. select * from users',
      'FailingGateway.throw() failed. select * from users',
    ]);
  });

  it('has failed as well where a guard, a pipe or an interceptor has', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('guarded', CANARY)).toEqual({
      statusCode: 403,
      code: 'FORBIDDEN',
      message: 'Forbidden resource',
    });
    expect(await client.socket.emitWithAck('badly guarded', CANARY)).toEqual(SERVER_ERROR);
    expect(await client.socket.emitWithAck('intercepted', CANARY)).toEqual(SERVER_ERROR);
    expect(await client.socket.emitWithAck('piped', CANARY)).toEqual({
      statusCode: 400,
      code: 'BAD_REQUEST',
      message: 'name must be a string, age must be a number',
    });
    expect(JSON.stringify(client.received)).not.toContain(CANARY);
  });

  it('after its first value has answered with that', async () => {
    const { client } = await open();
    expect(await client.socket.emitWithAck('late')).toBe('first');
    expect(await exceptionsOf(client, 1)).toEqual([UNKNOWN]);
  });

  it('leaves the answer to another gateway that handles the same event', async () => {
    @WebSocketGateway()
    class OtherGateway {
      @SubscribeMessage('throw')
      async answer(): Promise<string> {
        await new Promise((resolve) => setImmediate(resolve));
        return 'from the other';
      }
    }
    const { client } = await open(OtherGateway);
    expect(await client.socket.emitWithAck('throw', ['error'])).toBe('from the other');
  });
});
