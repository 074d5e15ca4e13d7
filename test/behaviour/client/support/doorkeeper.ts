import type { DynamicModule } from '@nestjs/common';
import { EventEmitter, once } from 'node:events';
import { SocketsModule } from '../../../../src/index.js';

/** An `authenticate` that lets everybody in, unless it is told to fail. */
export class Doorkeeper {
  /** What it fails with. */
  fault: Error | undefined;
  /** How often it has failed. */
  refused = 0;
  private readonly failures = new EventEmitter();

  /** Stands in for the application's SocketsModule. */
  get module(): DynamicModule {
    return SocketsModule.forRoot({ authenticate: () => this.decide() });
  }

  async hasRefused(times: number): Promise<void> {
    while (this.refused < times) await once(this.failures, 'failure');
  }

  private decide(): boolean {
    if (!this.fault) return true;
    this.refused++;
    this.failures.emit('failure');
    throw this.fault;
  }
}
