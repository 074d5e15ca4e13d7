import { Module } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import { SocketsModule } from 'nestjs-sockets';
import { CardsController, CommentsController } from './cards/cards.controller.js';
import { StatusModule } from './health/status.module.js';
import { LabelsController, shownLabel } from './labels/labels.controller.js';

@Module({
  imports: [
    SocketsModule.forRoot({
      resources: {
        member: { idType: 'number' },
        tag: { select: 'tags' },
        shown: { view: shownLabel },
        written: { view: ({ id }: { id: number }) => ({ id }) },
      },
    }),
    StatusModule,
    RouterModule.register([{ path: 'status', module: StatusModule }]),
  ],
  controllers: [CardsController, CommentsController, LabelsController],
})
export class AppModule {}
