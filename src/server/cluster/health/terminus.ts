import { Inject, Injectable } from '@nestjs/common';
import { type HealthIndicatorResult, HealthIndicatorService } from '@nestjs/terminus';
import { SOCKETS_HEALTH } from './health-token.js';
import type { SocketsHealth } from './sockets-health.js';

/**
 * Says to Terminus how the sockets of this process are. `degraded` does not fail the check, since the process serves
 * its own clients: restarting it would cut them off, and mend no bus.
 *
 * @example
 * ```ts
 * import { Controller, Get, Module } from '@nestjs/common';
 * import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
 * import { SocketsHealthIndicator } from 'nestjs-sockets/terminus';
 *
 * @Controller('health')
 * export class HealthController {
 *   constructor(
 *     private readonly health: HealthCheckService,
 *     private readonly sockets: SocketsHealthIndicator,
 *   ) {}
 *
 *   @Get()
 *   @HealthCheck()
 *   check() {
 *     return this.health.check([() => this.sockets.isHealthy('sockets')]);
 *   }
 * }
 *
 * @Module({ imports: [TerminusModule], controllers: [HealthController], providers: [SocketsHealthIndicator] })
 * export class HealthModule {}
 * ```
 */
@Injectable()
export class SocketsHealthIndicator {
  constructor(
    private readonly indicators: HealthIndicatorService,
    @Inject(SOCKETS_HEALTH) private readonly health: Pick<SocketsHealth, 'check'>,
  ) {}

  /**
   * Returns the part of a check that is about sockets.
   *
   * @param key what the check calls it, such as `sockets`
   */
  isHealthy<Key extends string>(key: Key): HealthIndicatorResult<Key> {
    const { status, ...data } = this.health.check();
    const indicator = this.indicators.check(key);
    const up = indicator.up.bind(indicator);
    if (status === 'down') return indicator.down(data);
    if (status === 'up') return indicator.up(data);
    // Terminus 11 knows up and down only.
    return 'degraded' in indicator ? indicator.degraded(data) : up({ ...data, degraded: true });
  }
}
