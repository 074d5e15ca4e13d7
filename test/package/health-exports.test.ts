import { Controller, Get, Inject, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, HealthIndicatorService, TerminusModule } from '@nestjs/terminus';
import type { AddressInfo } from 'node:net';
import { Registry } from 'prom-client';
import { Adapter } from 'socket.io-adapter';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SocketsHealth, SocketsModule, SocketsService, type ClusterIntegration } from '../../src/index.js';
import { exportMetrics } from '../../src/server/cluster/health/prometheus.js';
import { SocketsHealthIndicator } from '../../src/server/cluster/health/terminus.js';

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(SocketsHealthIndicator) private readonly sockets: SocketsHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.sockets.isHealthy('sockets')]);
  }
}

/** A cluster whose problem the test has. */
function troubled(problem: () => string | undefined): ClusterIntegration {
  return {
    name: 'troubled()',
    whenAbsent: 'fail',
    connectTimeout: 60_000,
    open: () => ({ adapter: Adapter, connected: Promise.resolve(), problem, close: async () => {} }),
  };
}

async function listen(problem: () => string | undefined = () => undefined) {
  @Module({
    imports: [SocketsModule.forRoot({ cluster: troubled(problem) }), TerminusModule],
    controllers: [HealthController],
    providers: [SocketsHealthIndicator],
  })
  class AppModule {}

  const app = await NestFactory.create(AppModule, { logger: false, abortOnError: false });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return { app, url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}` };
}

describe('The indicator for Terminus', () => {
  test('says that all is well', async () => {
    const { url } = await listen();
    const response = await fetch(`${url}/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ details: { sockets: { status: 'up', servers: 1 } } });
  });

  test('says what is wrong where the process still serves its own clients, and keeps 200', async () => {
    const { url } = await listen(() => 'Redis is away');
    const response = await fetch(`${url}/health`);

    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      details: { sockets: { status: 'degraded', reason: 'Redis is away' } },
    });
  });

  test('says it to Terminus 11, too, which knows up and down only', async () => {
    const { app } = await listen(() => 'Redis is away');
    const older = { check: (key: string) => ({ up: (data: object) => ({ [key]: { status: 'up', ...data } }) }) };
    const indicator = new SocketsHealthIndicator(older as unknown as HealthIndicatorService, app.get(SocketsHealth));

    expect(indicator.isHealthy('sockets')).toEqual({
      sockets: { status: 'up', degraded: true, reason: 'Redis is away', servers: 1 },
    });
  });

  test('fails the check once the application shuts down', async () => {
    const { app } = await listen();
    const [indicators, health] = [app.get(HealthIndicatorService), app.get(SocketsHealth)];
    await app.close();

    expect(new SocketsHealthIndicator(indicators, health).isHealthy('sockets')).toMatchObject({
      sockets: { status: 'down', reason: 'the application is shutting down' },
    });
  });
});

describe('What is exported to Prometheus', () => {
  test('is every count, by kind, whenever it is asked for', async () => {
    const { app, url } = await listen();
    const register = new Registry();
    const [sockets, health] = [app.get(SocketsService), app.get(SocketsHealth)];
    exportMetrics({ sockets, health }, { registers: [register] });

    for (const expected of [1, 2]) {
      await fetch(`${url}/socket.io/?EIO=4&transport=polling&j=0`);
      const text = await register.metrics();
      expect(text).toContain('nestjs_sockets_connections 0');
      expect(text).toContain('nestjs_sockets_servers 1');
      expect(text).toContain('nestjs_sockets_healthy 1');
      expect(text).toContain(`nestjs_sockets_refused_total{kind="origin"} ${expected}`);
      expect(text).toContain('nestjs_sockets_bus_total{kind="unsent"} 0');
      expect(text).toContain('nestjs_sockets_journal_total{kind="late"} 0');
      expect(text).toContain('nestjs_sockets_journal_total{kind="relayed"} 0');
      for (const name of ['bytes', 'waiting', 'lag_seconds'])
        expect(text).toContain(`nestjs_sockets_journal_${name} 0`);
    }
    for (const kind of Object.keys(sockets.metrics().refused)) {
      expect(await register.metrics()).toContain(`nestjs_sockets_refused_total{kind="${kind}"}`);
    }
  });

  test('is the rest in a process that has no server', async () => {
    @Module({ imports: [SocketsModule.forRoot()] })
    class ScriptModule {}
    const context = await NestFactory.createApplicationContext(ScriptModule, { logger: false, abortOnError: false });
    onTestFinished(() => context.close());
    const register = new Registry();
    exportMetrics(
      { sockets: context.get(SocketsService), health: context.get(SocketsHealth) },
      { registers: [register] },
    );

    expect(await register.metrics()).toContain('nestjs_sockets_healthy 0');
  });

  test('has a prefix, and no health, if so asked', async () => {
    const { app } = await listen();
    const register = new Registry();
    exportMetrics({ sockets: app.get(SocketsService) }, { registers: [register], prefix: 'shop_' });

    const text = await register.metrics();
    expect(text).toContain('shop_sockets 0');
    expect(text).not.toMatch(/healthy|servers|nestjs/);
  });
});
