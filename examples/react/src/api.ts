import { QueryClient } from '@tanstack/react-query';
import { connect } from 'nestjs-sockets/client';
import { createHooks } from 'nestjs-sockets/react';
import { liveOptions } from 'nestjs-sockets/tanstack-query';
import type { BoardsController } from '../../../sample-app/src/boards/boards.controller.js';
import type { CardsController } from '../../../sample-app/src/cards/cards.controller.js';

interface Api {
  'GET /boards': BoardsController['findAll'];
  'GET /boards/:boardId/cards': CardsController['findAll'];
  'POST /boards/:boardId/cards': CardsController['create'];
  'PATCH /boards/:boardId/cards/:id': CardsController['change'];
}

export const sockets = connect<Api>({ reconnectionDelayMax: 2000, transports: ['websocket'] });
export const { SocketsProvider, useConnectionState } = createHooks<typeof sockets>();
export const queryClient = new QueryClient();

export const boards = () => liveOptions(sockets, '/boards');

export const cardsOf = (boardId: number) =>
  liveOptions(sockets, '/boards/:boardId/cards', {
    params: { boardId },
    compare: (one, other) => one.position - other.position || one.id - other.id,
  });
