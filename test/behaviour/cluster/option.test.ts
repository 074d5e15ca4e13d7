import { Controller, Module, Param, ParseIntPipe, Patch } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import {
  cluster,
  type ClusterConnection,
  type ClusterIntegration,
  ClusterUnavailableError,
  InvalidOptionsError,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
} from '../../../src/index.js';
import { start } from '../../support/application.js';
import { clusteredModule, withCluster } from '../../support/cluster.js';
import { Logs } from '../../support/logs.js';
import { expectRefusal } from '../../support/refusal.js';

/** An integration of the application's own, which is connected when the test says so. */
class Slow implements ClusterIntegration {
  readonly name = 'slow()';
  readonly done: string[] = [];
  connect: () => void = () => undefined;
  refuse: (error: Error) => void = () => undefined;
  private readonly connected = new Promise<void>((resolve, reject) => {
    this.connect = resolve;
    this.refuse = reject;
  });

  constructor(
    readonly whenAbsent: ClusterIntegration['whenAbsent'],
    /** Long, unless the test is about its end. */
    readonly connectTimeout = 600_000,
    readonly inject?: ClusterIntegration['inject'],
    readonly imports?: ClusterIntegration['imports'],
  ) {}

  open(...injected: unknown[]): ClusterConnection {
    this.done.push(['opened', ...injected].join(' '));
    return { adapter: Adapter, connected: this.connected, close: async () => void this.done.push('closed') };
  }
}

@Module({ providers: [{ provide: 'REDIS', useValue: 'the client of Redis' }], exports: ['REDIS'] })
class RedisModule {}

describe('what joins the servers', () => {
  it('is opened before the application listens, and closed when it is closed', async () => {
    const slow = new Slow('fail');
    const starting = start({ imports: [SocketsModule.forRoot({ cluster: slow })] });
    slow.connect();
    const { nest } = await starting;

    expect(slow.done).toEqual(['opened']);
    nest.getHttpServer().once('close', () => slow.done.push('the HTTP server is closed'));
    await nest.close();
    expect(slow.done).toEqual(['opened', 'the HTTP server is closed', 'closed']);
  });

  it.for([
    ['it is late', undefined, /could not be connected to the other servers: not within 20 ms/] as const,
    [
      'it refuses',
      new Error('wrong password'),
      /slow\(\) \}\) could not be connected to the other servers: wrong password\. See that/,
    ] as const,
  ])('fails the boot if %s, and says what to do', async ([, error, words]) => {
    const slow = new Slow('fail', error ? undefined : 20);
    const starting = start({ imports: [SocketsModule.forRoot({ cluster: slow })] });
    if (error) slow.refuse(error);

    await expectRefusal(starting, ClusterUnavailableError, 'CLUSTER_UNAVAILABLE', words, 'whenAbsent: "degraded"');
    expect(slow.done).toEqual(['opened', 'closed']);
  });

  it('is waited for where the application says so, and the log says that it is', async () => {
    const slow = new Slow('wait', 20);
    const logs = new Logs();
    const starting = NestFactory.create(SocketsModule.forRoot({ cluster: slow }), {
      logger: logs,
      abortOnError: false,
    });
    await expect.poll(() => logs.naming('slow()').warnings.length).toBeGreaterThan(1);
    slow.connect();

    await (await starting).close();
    expect(logs.naming('slow()').warnings[0]).toMatch(/is not connected to the other servers yet/);
    expect(slow.done).toEqual(['opened', 'closed']);
  });

  it('may come later, while the application serves its own clients', async () => {
    const slow = new Slow('degraded', 20);
    const application = await start({ imports: [SocketsModule.forRoot({ cluster: slow })] });
    const client = await application.connect();

    await application.sockets.broadcast(client.id, 'hello', 1);

    expect(await client.next('hello')).toEqual([1]);
    slow.refuse(new Error('it never came'));
  });

  it('is given providers that the application has', async () => {
    const slow = new Slow('fail', undefined, ['REDIS'], [RedisModule]);
    const starting = start({ imports: [SocketsModule.forRoot({ cluster: slow })] });
    await expect.poll(() => slow.done).toEqual(['opened the client of Redis']);
    slow.connect();
    await starting;
  });

  it('cannot be given any by forRootAsync(), whose factory injects by itself', async () => {
    const slow = new Slow('fail', undefined, ['REDIS'], [RedisModule]);
    const starting = start({ imports: [SocketsModule.forRootAsync({ useFactory: () => ({ cluster: slow }) })] });

    await expectRefusal(
      starting,
      InvalidOptionsError,
      'INVALID_OPTIONS',
      'cluster',
      'forRootAsync() injects by itself',
    );
  });

  it('has to be a function where it is an adapter', async () => {
    const adapter = 'redis' as never;
    await expectRefusal(() => cluster({ adapter }), InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.adapter');
    await expectRefusal(() => cluster({} as never), InvalidOptionsError, 'INVALID_OPTIONS', 'cluster.adapter');
  });
});

const startCluster = withCluster();

@Controller('reports')
@Resourceful('report')
class ReportsController {
  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number): object {
    return { id, isDone: true };
  }
}

describe('a server that serves no sockets', () => {
  it('publishes what its routes change to the clients of the others, and lets nobody in', async (context) => {
    const { a, bus } = await startCluster(context, { controllers: [ReportsController] });
    const reader = await a.connect();
    await a.channel('report').subscribe(reader.id, 1);
    const module = clusteredModule(bus, { serve: false });
    const api = await start({ imports: [module], controllers: [ReportsController] });

    const { status } = await api.request('PATCH', '/reports/1');

    expect(status).toBe(200);
    expect(await reader.next('report')).toMatchObject([{ verb: 'updated', id: 1, data: { isDone: true } }, {}]);
    expect((await api.request('GET', '/socket.io/?EIO=4&transport=polling')).status).toBe(404);
  });
});

describe('servers of a cluster that do not all declare the same', () => {
  it('count nothing as unreadable, from the boot of one to the end of another', async (context) => {
    const { a, b, bus } = await startCluster(context, {
      sockets: { presence: { rooms: 'lobby' }, authenticate: () => ({ id: 1 }) },
    });
    const other = await start({ imports: [clusteredModule(bus, {})] });
    const visitor = await a.connect();
    await a.sockets.join(visitor.id, 'lobby');
    await b.nest.close();
    await a.sockets.leave(visitor.id, 'lobby');
    const listener = await other.connect();
    await a.sockets.blast('after', 1);
    await listener.next('after');

    expect(other.sockets.metrics().bus).toEqual({ unsent: 0, unreadable: 0, missed: 0 });
    expect(a.sockets.metrics().bus).toEqual({ unsent: 0, unreadable: 0, missed: 0 });
  });
});
