import { QueryClient } from '@tanstack/react-query';
import { connect } from 'nestjs-sockets/client';
import { createHooks } from 'nestjs-sockets/react';
import { liveOptions } from 'nestjs-sockets/tanstack-query';
import type { Api } from '../../../sample-app/api.js';

export const sockets = connect<Api>({ reconnectionDelayMax: 2000, transports: ['websocket'] });
export const { SocketsProvider, useConnectionState } = createHooks<typeof sockets>();
export const queryClient = new QueryClient();

export const boards = () => liveOptions(sockets, '/boards');

export const cardsOf = (boardId: number) =>
  liveOptions(sockets, '/boards/:boardId/cards', {
    params: { boardId },
    compare: (one, other) => one.position - other.position || one.id - other.id,
  });
