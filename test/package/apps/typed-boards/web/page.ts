import { connect } from 'nestjs-sockets/client';
import type { Api, Events } from './api.js';

const sockets = connect<Api, Events>('http://localhost:3000');
const boardId = 7;

export async function show(): Promise<(string | null | undefined)[]> {
  const { body: cards } = await sockets.get('/api/v1/boards/:boardId/cards', undefined, { params: { boardId } });
  const { body: card } = await sockets.get('/api/v1/cards/:id', undefined, { params: { id: 1 } });
  const { body: health } = await sockets.get('/status/health');
  const { body: echo } = await sockets.put('/api/v2/cards/:id/echo', {}, { params: { id: 1 } });
  sockets.on('card', (message) => message.verb === 'created' && show2(message.data.due, message.data.title));
  sockets.on('comment', (message) => message.verb === 'created' && show2(message.data.at, message.data.text));
  sockets.on('member', (message) => message.id);
  sockets.on('label', (message) => message.verb === 'created' && show2(message.data.at, message.data.color));
  sockets.on('tag', (message) => message.verb === 'updated' && message.data.rank?.toFixed());
  sockets.on('shown', (message) => message.verb === 'created' && show2(message.data.at) && message.data.isNew);
  return [cards[0]?.due, card.due, health.up ? echo.id : undefined];
}

const show2 = (...texts: string[]): string => texts.join(' ');

// @ts-expect-error the prefix is missing
void sockets.get('/v1/cards');
// @ts-expect-error there is no such path
void sockets.get('/api/v1/crads');
// @ts-expect-error the parameter is missing
void sockets.get('/api/v1/boards/:boardId/cards');
// @ts-expect-error a stream is no answer
void sockets.get('/api/v1/cards/live');
// @ts-expect-error the view does not show it
sockets.on('card', (message) => message.verb === 'created' && message.data.boardId);
// @ts-expect-error the record is in a field of the answer, which has another one beside it
sockets.on('label', (message) => message.verb === 'created' && message.data.count);
// @ts-expect-error the view does not return it
sockets.on('shown', (message) => message.verb === 'created' && message.data.color);
// @ts-expect-error there is no such resource
sockets.on('crad', () => undefined);
