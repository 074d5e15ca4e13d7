import { Inject, Injectable, Scope, SetMetadata, type Type } from '@nestjs/common';
import { Reflector, REQUEST } from '@nestjs/core';
import { SubscribeMessage, WebSocketGateway, type OnGatewayConnection } from '@nestjs/websockets';
import type { Socket } from 'socket.io';
import { describe, expect, it } from 'vitest';
import { start } from '../../support/application.js';
import type { TestClient } from '../../support/client.js';
import { listenTo, type Logs } from '../../support/logs.js';
import { rejectWith } from './support/refused.js';

/** What each hook of a gateway does, as a test says. */
const deeds: Record<'afterInit' | 'handleConnection' | 'handleDisconnect', () => unknown> = {
  afterInit: () => undefined,
  handleConnection: () => undefined,
  handleDisconnect: () => undefined,
};

const FINE = { ...deeds };

class Hooked {
  readonly called: string[] = [];

  afterInit(): unknown {
    return deeds.afterInit();
  }

  handleConnection(client: Socket): unknown {
    this.called.push(`connected ${client.id}`);
    return deeds.handleConnection();
  }

  handleDisconnect(client: Socket): unknown {
    this.called.push(`disconnected ${client.id}`);
    return deeds.handleDisconnect();
  }

  @SubscribeMessage('echo')
  echo(): unknown {
    return { heard: true };
  }
}

@WebSocketGateway()
class DefaultGateway extends Hooked {}

@WebSocketGateway({ namespace: 'admin' })
class AdminGateway extends Hooked {}

@WebSocketGateway({ namespace: /^\/boards\/\d+$/ })
class BoardGateway extends Hooked {}

@WebSocketGateway({ namespace: 'arrow' })
class ArrowGateway {
  handleConnection = (): unknown => deeds.handleConnection();
  handleDisconnect = (): unknown => deeds.handleDisconnect();
}

const gateways: Array<[name: string, namespace: string, type: Type]> = [
  ['DefaultGateway', '', DefaultGateway],
  ['AdminGateway', '/admin', AdminGateway],
  ['BoardGateway', '/boards/7', BoardGateway],
  ['ArrowGateway', '/arrow', ArrowGateway],
];

const failures: Array<[how: string, fail: () => unknown]> = [
  [
    'throws',
    () => {
      throw new Error('out of order');
    },
  ],
  ['rejects', () => Promise.reject(new Error('out of order'))],
  [
    'rejects later',
    async () => {
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('out of order');
    },
  ],
  ['rejects with nothing', () => rejectWith(undefined)],
];

const cases = gateways.flatMap(([name, namespace, type]) =>
  failures.map(([how, fail]) => [name, how, namespace, type, fail] as const),
);

/** Resolves with Socket.IO's reason. */
const disconnected = ({ socket }: TestClient): Promise<string> =>
  new Promise((resolve) => (socket.connected ? socket.once('disconnect', resolve) : resolve('already')));

describe('a failing hook of a gateway', () => {
  const startWith = async (types: Type[]) => {
    Object.assign(deeds, FINE);
    let logs: Logs | undefined;
    const app = await start({ providers: types, main: (nest) => (logs = listenTo(nest)) });
    return { app, logs: logs as unknown as Logs };
  };

  it.each(cases)('%s.handleConnection() that %s ends that connection, not the process', async (...given) => {
    const [name, , namespace, type, fail] = given;
    const { app, logs } = await startWith([type]);

    const friend = await app.connect({ namespace });
    deeds.handleConnection = fail;
    const client = await app.connect({ namespace });
    expect(await disconnected(client)).toMatch(/io server disconnect|already/);

    deeds.handleConnection = FINE.handleConnection;
    await app.connect({ namespace });
    expect(friend.socket.connected).toBe(true);
    const words = `${name}.handleConnection() failed; the client is disconnected.`;
    expect(logs.naming(words).errors).toHaveLength(1);
  });

  it.each(cases)('%s.handleDisconnect() that %s is logged', async (...given) => {
    const [name, , namespace, type, fail] = given;
    const { app, logs } = await startWith([type]);
    deeds.handleDisconnect = fail;

    const client = await app.connect({ namespace });
    client.socket.disconnect();
    await expect.poll(() => logs.naming(`${name}.handleDisconnect() failed.`).errors).toHaveLength(1);
    await app.connect({ namespace });
  });

  it('leaves hooks that do not fail as they are: once for each client, and messages are handled', async () => {
    const { app, logs } = await startWith([DefaultGateway, AdminGateway]);
    const client = await app.connect();
    expect(await client.socket.emitWithAck('echo', {})).toEqual({ heard: true });
    const { called } = app.get(DefaultGateway);
    const { id } = client;

    client.socket.disconnect();
    await expect.poll(() => called).toEqual([`connected ${id}`, `disconnected ${id}`]);
    expect(app.get(AdminGateway).called).toEqual([]);
    expect(logs.naming('Gateway.handle').errors).toEqual([]);
  });

  it('leaves the metadata of a hook where other libraries look for it', async () => {
    @WebSocketGateway()
    class AnnotatedGateway {
      @SetMetadata('kept', 'yes')
      handleConnection(): void {}
    }
    const { app } = await startWith([AnnotatedGateway]);

    expect(app.get(Reflector).get('kept', app.get(AnnotatedGateway).handleConnection)).toBe('yes');
  });

  it.each(failures.filter(([how]) => how !== 'rejects later'))(
    'fails the boot, not the process, when afterInit() %s',
    async (_how, fail) => {
      Object.assign(deeds, FINE, { afterInit: fail });
      let logs: Logs | undefined;
      const booting = start({ providers: [AdminGateway], main: (nest) => (logs = listenTo(nest)) });

      const outcome = await booting.then(
        () => 'it started',
        () => 'it failed',
      );
      expect(outcome).toBe('it failed');
      expect(logs?.errors.join()).toContain('AdminGateway.afterInit() failed.');
    },
  );

  it('logs when afterInit() fails after the boot', async () => {
    let fail: ((reason: Error) => void) | undefined;
    Object.assign(deeds, FINE, { afterInit: () => new Promise((_, reject) => (fail = reject)) });
    let logs: Logs | undefined;
    await start({ providers: [AdminGateway], main: (nest) => (logs = listenTo(nest)) });

    fail?.(new Error('out of order'));
    await expect.poll(() => logs?.errors.join()).toContain('AdminGateway.afterInit() failed. out of order');
  });
});

/** Only Nest 12 makes gateways anew for each connection; Nest 11 takes what it has. */
@Injectable({ scope: Scope.REQUEST })
class PerConnection {
  constructor(@Inject(REQUEST) readonly client: unknown) {}
}

describe('a failing hook of a request-scoped gateway', () => {
  @WebSocketGateway({ namespace: 'scoped' })
  class ScopedGateway implements OnGatewayConnection {
    constructor(readonly perConnection: PerConnection) {}

    handleConnection(): unknown {
      return deeds.handleConnection();
    }

    handleDisconnect(): unknown {
      return deeds.handleDisconnect();
    }
  }

  it.each(failures)('ends the connection, not the process: it %s', async (_how, fail) => {
    Object.assign(deeds, FINE, { handleConnection: fail, handleDisconnect: fail });
    let logs: Logs | undefined;
    const app = await start({
      providers: [PerConnection, ScopedGateway],
      main: (nest) => (logs = listenTo(nest)),
    });
    const client = await app.connect({ namespace: '/scoped' });

    expect(await disconnected(client)).toMatch(/io server disconnect|already/);
    const errors = (): string[] => logs?.naming('ScopedGateway.').errors ?? [];
    await expect.poll(errors).toHaveLength(2);
    expect(errors()[0]).toContain('ScopedGateway.handleConnection() failed; the client is disconnected.');
    expect(errors()[1]).toContain('ScopedGateway.handleDisconnect() failed.');
  });
});
