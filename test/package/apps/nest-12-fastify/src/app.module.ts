import { Module } from '@nestjs/common';
import { SocketsModule } from 'nestjs-sockets';
import { UsersController } from './users.controller.js';
import { UsersGateway } from './users.gateway.js';

@Module({ imports: [SocketsModule.forRoot()], controllers: [UsersController], providers: [UsersGateway] })
export class AppModule {}
