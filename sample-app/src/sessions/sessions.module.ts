import { type MiddlewareConsumer, Module, type NestModule } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { MembersModule } from '../members/members.module.js';
import { sessions } from './session.middleware.js';
import { SessionsController } from './sessions.controller.js';
import { SessionsGateway } from './sessions.gateway.js';
import { SessionsService } from './sessions.service.js';
import { SignedInGuard } from './signed-in.guard.js';

@Module({
  imports: [MembersModule],
  controllers: [SessionsController],
  providers: [SessionsService, SessionsGateway, { provide: APP_GUARD, useClass: SignedInGuard }],
})
export class SessionsModule implements NestModule {
  configure(consumer: MiddlewareConsumer): void {
    consumer.apply(sessions).forRoutes('{*path}');
  }
}
