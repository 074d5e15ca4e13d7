import { Injectable, type MiddlewareConsumer, type NestMiddleware, type NestModule } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  InjectResource,
  OnPublication,
  resourceToken,
  SocketsModule,
  UnknownResourceError,
  type ResourceChannel,
} from '../../../../src/index.js';
import { start, type ApplicationOptions } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';

@Injectable()
class Audited {
  constructor(@InjectResource('audited') readonly channel: ResourceChannel) {}
}

@Injectable()
class AuditedReader {
  @OnPublication('audited')
  hear(): void {}
}

describe('@InjectResource', () => {
  const bootWith = (...providers: NonNullable<ApplicationOptions['providers']>) => start({ providers });

  it('says that the application has the resource', async () => {
    const app = await bootWith(Audited, AuditedReader);

    expect(app.get(Audited).channel.name).toBe('audited');
  });

  it('says nothing to applications that do not have the class', async () => {
    await bootWith(Audited);

    await expectRefusal(bootWith(AuditedReader), UnknownResourceError, 'UNKNOWN_RESOURCE', '"audited"');
  });

  it('counts where a factory has the channel injected', async () => {
    const ofFactory = {
      provide: 'made',
      useFactory: () => 1,
      inject: [{ token: resourceToken('audited'), optional: true }],
    };

    await bootWith(ofFactory, AuditedReader);
  });

  it('counts on middleware, which is in no module', async () => {
    @Injectable()
    class Traced implements NestMiddleware {
      constructor(@InjectResource('traced') readonly channel: ResourceChannel) {}

      use(_request: unknown, _response: unknown, next: () => void): void {
        next();
      }
    }
    @Injectable()
    class TraceReader {
      @OnPublication('traced')
      hear(): void {}
    }
    class TracingModule implements NestModule {
      configure(consumer: MiddlewareConsumer): void {
        consumer.apply(Traced).forRoutes('{*path}');
      }
    }

    await start({ imports: [SocketsModule.forRoot(), TracingModule], providers: [TraceReader] });
  });
});
