import { Module, ValidationPipe } from '@nestjs/common';
import { APP_INTERCEPTOR, APP_PIPE } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SocketsModule } from 'nestjs-sockets';
import { redis } from 'nestjs-sockets/redis';
import { typeOrm } from 'nestjs-sockets/typeorm';
import { BoardsModule } from './boards/boards.module.js';
import { CardsModule } from './cards/cards.module.js';
import { CommentsModule } from './comments/comments.module.js';
import { database } from './database.js';
import { DemoModule } from './demo/demo.module.js';
import { MembersModule } from './members/members.module.js';
import { authenticate } from './sessions/authenticate.js';
import { SerializerInterceptor } from './sessions/serializer.interceptor.js';
import { sessions } from './sessions/session.middleware.js';
import { SessionsModule } from './sessions/sessions.module.js';

const { REDIS_URL } = process.env;

@Module({
  imports: [
    SocketsModule.forRoot({
      handshakeMiddleware: sessions,
      authenticate,
      transactions: [typeOrm()],
      // With Redis, it can run in several processes.
      cluster: REDIS_URL ? redis({ url: REDIS_URL }) : undefined,
    }),
    TypeOrmModule.forRoot(database),
    SessionsModule,
    MembersModule,
    BoardsModule,
    CardsModule,
    CommentsModule,
    DemoModule,
  ],
  providers: [
    { provide: APP_PIPE, useValue: new ValidationPipe({ whitelist: true, transform: true }) },
    // What it hides from responses is hidden from every socket, too.
    { provide: APP_INTERCEPTOR, useClass: SerializerInterceptor },
  ],
})
export class AppModule {}
