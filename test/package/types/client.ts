import { expectTypeOf } from 'vitest';
import {
  type ClientOptions,
  type ClientResponse,
  type ConnectionState,
  connect,
  type DeliveryNote,
  type RequestError,
  type ResourceMessage,
  type SocketResponse,
  type SocketsClient,
} from '../../../src/front-ends/client/index.js';

interface Card {
  id: number;
  title: string;
}

declare const sockets: SocketsClient;
declare const controller: AbortController;

// Options: those of socket.io-client and two more, but those that would do a request twice.
expectTypeOf(connect('http://localhost:3000', { auth: { token: 'secret' }, path: '/live' })).toEqualTypeOf(sockets);
connect({ transports: ['websocket'], headers: { 'x-a': '1' }, requestTimeout: 5_000 });
connect();
// @ts-expect-error there is no such option
connect('http://localhost:3000', { requestTimout: 5_000 });
// @ts-expect-error a request is not sent a second time
connect('http://localhost:3000', { retries: 3 });
expectTypeOf<ClientOptions['requestTimeout']>().toEqualTypeOf<number | undefined>();

// A response: its body is what the caller says it is.
expectTypeOf(sockets.get<Card[]>('/cards')).toEqualTypeOf<Promise<ClientResponse<Card[]>>>();
expectTypeOf(sockets.get('/cards')).toEqualTypeOf<Promise<ClientResponse>>();
expectTypeOf<ClientResponse<Card>['body']>().toEqualTypeOf<Card>();
expectTypeOf<ClientResponse<Card>>().toExtend<SocketResponse<Card>>();
expectTypeOf(sockets.post<Card>('/cards', { title: 'a' })).toEqualTypeOf<Promise<ClientResponse<Card>>>();
expectTypeOf(sockets.head('/cards')).toEqualTypeOf<Promise<ClientResponse<undefined>>>();

// Only reads are repeated, and a repetition has a response or an error.
void sockets.get<Card[]>('/cards', undefined, {
  signal: controller.signal,
  timeout: 5_000,
  repeat: ({ response, error, stop }) => {
    expectTypeOf(stop).toEqualTypeOf<() => void>();
    if (error) expectTypeOf(error).toEqualTypeOf<RequestError>();
    else expectTypeOf(response.body).toEqualTypeOf<Card[]>();
  },
});
void sockets.request<Card>({ method: 'GET', url: '/cards/1', repeat: ({ response }) => response?.body.title });
// @ts-expect-error a repeated write may be done twice
void sockets.post('/cards', {}, { repeat: () => undefined });
// @ts-expect-error a repeated write may be done twice
void sockets.request({ method: 'post', url: '/cards', repeat: () => undefined });
// @ts-expect-error there is no such method
void sockets.request({ method: 'trace', url: '/cards' });
// @ts-expect-error the url is missing
void sockets.request({ method: 'get' });

// Messages of a resource.
expectTypeOf(sockets.on<Card>)
  .parameter(1)
  .toEqualTypeOf<(message: ResourceMessage<Card>, note: DeliveryNote) => void>();
sockets.on<Card>('card', (message) => {
  if (message.verb === 'created') expectTypeOf(message.data).toEqualTypeOf<Card>();
});
expectTypeOf(sockets.once('card', () => undefined)).toEqualTypeOf<() => void>();
expectTypeOf(sockets.unsubscribe('card', [1, '2'])).toEqualTypeOf<Promise<void>>();
void sockets.unsubscribe('card', { boardId: 7, 'author.username': 'ada' });
// @ts-expect-error a list is not a value of a slice
void sockets.unsubscribe('card', { boardId: [7] });
// @ts-expect-error a record is not its id
void sockets.unsubscribe('card', { id: 1 });

// The connection.
expectTypeOf(sockets.state).toEqualTypeOf<ConnectionState>();
expectTypeOf(sockets.state.status).toEqualTypeOf<'connecting' | 'connected' | 'reconnecting' | 'closed'>();
expectTypeOf(sockets.state.reason).toEqualTypeOf<RequestError | undefined>();
expectTypeOf(sockets.id).toEqualTypeOf<string | undefined>();
// @ts-expect-error the state is told, not set
sockets.state.status = 'closed';
