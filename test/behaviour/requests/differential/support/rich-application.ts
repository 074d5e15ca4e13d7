import {
  RequestMethod,
  ValidationPipe,
  VersioningType,
  type INestApplication,
  type MiddlewareConsumer,
  type NestModule,
  Module,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { SocketsModule } from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import { differences } from '../../../../support/platform-differences.js';
import { AnswersController, scoped } from './answers.controller.js';
import { CatsController, CatsOfVersionTwoController } from './cats.controller.js';
import { Journal } from './journal.js';
import { AppGuard, JournalFilter, JournalInterceptor, noted } from './noted.js';
import { PathsController, RootController, TenantsController } from './paths.controller.js';

/** Bytes; both platforms would take a megabyte by default. */
export const BODY_LIMIT = 20_000;

@Module({
  controllers: [
    RootController,
    CatsController,
    CatsOfVersionTwoController,
    AnswersController,
    PathsController,
    TenantsController,
    ...scoped.controllers,
  ],
  providers: [
    Journal,
    ...scoped.providers,
    { provide: APP_GUARD, useClass: AppGuard },
    { provide: APP_INTERCEPTOR, useClass: JournalInterceptor },
    { provide: APP_FILTER, useClass: JournalFilter },
  ],
  exports: [Journal],
})
class RichModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(noted('every route')).forRoutes('{*all}');
    consumer.apply(noted('cats')).exclude({ path: 'cats/free', method: RequestMethod.GET }).forRoutes(CatsController);
    consumer.apply(noted('secret')).forRoutes({ path: 'paths/secret/{*rest}', method: RequestMethod.ALL });
    consumer.apply(noted('posted')).forRoutes({ path: 'answers/echo', method: RequestMethod.POST });
  }
}

/** What is compared is sent as fast as this process can, by one connection. */
const UNLIMITED = { packetBurst: 1_000_000, byteBurst: 1_000_000_000 };

/** An application with a little of everything that Nest can do to a request. */
export async function startRich(also?: (app: INestApplication) => void): Promise<TestApplication> {
  return start({
    imports: [SocketsModule.forRoot({ origins: '*', limits: UNLIMITED }), RichModule],
    main: (app) => {
      differences.limitJsonBodies(app, BODY_LIMIT);
      app.setGlobalPrefix('api', { exclude: ['health'] });
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' });
      app.enableCors({ origin: 'http://page.example', exposedHeaders: ['x-total'], credentials: true });
      app.useGlobalPipes(new ValidationPipe({ transform: true, whitelist: true }));
      app.use(noted('app.use'));
      also?.(app);
    },
  });
}
