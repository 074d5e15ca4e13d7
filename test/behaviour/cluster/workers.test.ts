import {
  Controller,
  Get,
  type INestApplicationContext,
  Injectable,
  Module,
  type OnModuleInit,
  Param,
  ParseIntPipe,
  type Type,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  InjectResource,
  type ResourceChannel,
  Resourceful,
  ResourcefulPubSub,
  type SocketsModuleOptions,
  SocketsService,
  SubscribeOnRead,
  SubscribesTo,
} from '../../../src/index.js';
import { type Cluster, clusteredModule, withCluster } from '../../support/cluster.js';

@Controller('reports')
@Resourceful('report', { idType: 'number', slices: ['teamId'] })
class ReportsController {
  @Get('of/:teamId')
  @SubscribeOnRead({ watch: true })
  find(@Param('teamId', ParseIntPipe) _teamId: number): object[] {
    return [];
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id, isDone: false };
  }
}

@SubscribesTo('report')
@WebSocketGateway({ namespace: 'admin' })
class AdminGateway {}

const authenticate: SocketsModuleOptions['authenticate'] = ({ auth }) => ({
  id: (auth as { user?: string }).user ?? 'somebody',
});

const application = { controllers: [ReportsController], providers: [AdminGateway], sockets: { authenticate } };

const startCluster = withCluster();

/** Starts the application as a worker: without an HTTP server, on the bus of the cluster. */
async function startWorker({ bus }: Cluster, ...more: Type[]): Promise<Worker> {
  @Module({
    imports: [clusteredModule(bus, { authenticate })],
    controllers: [ReportsController],
    providers: [AdminGateway, ...more],
  })
  class WorkerModule {}

  const context = await NestFactory.createApplicationContext(WorkerModule, { logger: false, abortOnError: false });
  onTestFinished(() => context.close());
  return new Worker(context);
}

class Worker {
  readonly sockets: SocketsService;
  readonly reports: ResourceChannel;

  constructor(readonly context: INestApplicationContext) {
    this.sockets = context.get(SocketsService);
    this.reports = context.get(ResourcefulPubSub).of('report');
  }
}

describe('A worker on the bus of servers', () => {
  it('publishes to whoever has read there', async (context) => {
    const cluster = await startCluster(context, application);
    const readers = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    for (const { socket } of readers) await socket.emitWithAck('get', { url: '/reports/1' });
    const { reports } = await startWorker(cluster);

    await reports.publishUpdate(1, { isDone: true });
    await reports.message(1, 'ready');
    await reports.publishDestroy(1);

    for (const reader of readers) {
      await reader.next<{ verb: string }>('report', ({ verb }) => verb === 'destroyed');
      expect(reader.heard('report')).toMatchObject([
        { verb: 'updated', id: 1, data: { isDone: true } },
        { verb: 'messaged', id: 1, data: 'ready' },
        { verb: 'destroyed', id: 1 },
      ]);
    }
  });

  it('publishes to whoever watches a slice', async (context) => {
    const cluster = await startCluster(context, application);
    const [watcher, other] = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    await watcher.socket.emitWithAck('get', { url: '/reports/of/7' });
    await other.socket.emitWithAck('get', { url: '/reports/of/8' });
    const { reports } = await startWorker(cluster);

    await reports.publishCreate({ id: 1, teamId: 7 });
    await reports.publishCreate({ id: 2, teamId: 8 });
    await reports.publishUpdate(1, { teamId: 8 }, { previous: { id: 1, teamId: 7 } });

    await watcher.next<{ verb: string }>('report', ({ verb }) => verb === 'left');
    await other.next<{ verb: string }>('report', ({ verb }) => verb === 'entered');
    expect(watcher.heard('report')).toMatchObject([
      { verb: 'created', id: 1 },
      { verb: 'left', id: 1 },
    ]);
    expect(other.heard('report')).toMatchObject([
      { verb: 'created', id: 2 },
      { verb: 'entered', id: 1 },
    ]);
  });

  it('publishes in the namespaces of gateways', async (context) => {
    const cluster = await startCluster(context, { ...application, namespaces: ['/', '/admin'] });
    const admin = await cluster.connect(cluster.b, { namespace: '/admin' });
    await admin.socket.emitWithAck('get', { url: '/reports/1' });
    const { reports } = await startWorker(cluster);

    await reports.publishUpdate(1, { isDone: true });

    expect(await admin.next('report')).toMatchObject([{ verb: 'updated', id: 1 }, {}]);
  });

  it('broadcasts, moves sockets into rooms, and knows who is in them', async (context) => {
    const cluster = await startCluster(context, application);
    const [ada, bob] = [await cluster.connect(cluster.a), await cluster.connect(cluster.b)];
    const { sockets } = await startWorker(cluster);

    await sockets.join([ada.id, bob.id], 'reports');
    await sockets.leave(bob.id, 'reports');
    await sockets.broadcast('reports', 'ready', { id: 1 });
    await sockets.blast('done', {});

    await Promise.all([ada.next('done'), bob.next('done')]);
    expect([ada.heard('ready'), bob.heard('ready')]).toEqual([[{ id: 1 }], []]);
    expect(await sockets.subscribers('reports')).toEqual([ada.id]);
  });

  it('revokes, and disconnects', async (context) => {
    const cluster = await startCluster(context, application);
    const ada = await cluster.connect(cluster.a, { auth: { user: 'ada' } });
    await ada.socket.emitWithAck('get', { url: '/reports/1' });
    const { sockets, reports } = await startWorker(cluster);

    await sockets.revoke({ user: 'ada', resource: 'report' });
    await reports.publishUpdate(1, { isDone: true });
    await sockets.broadcast(ada.id, 'after');
    await ada.next('after');
    expect(ada.heard('report')).toEqual([]);
    expect(ada.heard('revoked')).toHaveLength(1);

    const gone = new Promise((resolve) => ada.socket.once('disconnect', resolve));
    await sockets.disconnect(ada.id);
    expect(await gone).toBe('io server disconnect');
  });

  it('may do so from onModuleInit on', async (context) => {
    @Injectable()
    class Early implements OnModuleInit {
      constructor(@InjectResource('report') private readonly reports: ResourceChannel) {}

      async onModuleInit(): Promise<void> {
        await this.reports.publishUpdate(1, { isDone: true });
      }
    }
    const cluster = await startCluster(context, application);
    const reader = await cluster.connect(cluster.a);
    await reader.socket.emitWithAck('get', { url: '/reports/1' });

    await startWorker(cluster, Early);

    expect(await reader.next('report')).toMatchObject([{ verb: 'updated', id: 1 }, {}]);
  });

  it('accepts no connection, and leaves the bus when it closes', async (context) => {
    const cluster = await startCluster(context, application);
    const worker = await startWorker(cluster);
    const { server } = worker.sockets;
    const { adapter } = cluster.a.sockets.server.of('/');
    await expect.poll(() => adapter.serverCount()).toBe(3);

    expect(server.httpServer.address()).toBeNull();
    await worker.context.close();

    await expect.poll(() => adapter.serverCount()).toBe(2);
  });
});
