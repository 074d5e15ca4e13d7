import { expect } from 'vitest';
import type { SocketResponse } from '../../../../src/index.js';
import type { TestClient } from '../../../support/client.js';
import { FAULTY_ROUTES, rows } from './board.controllers.js';
import { CANARIES } from './canaries.js';
import type { Cast } from './cast.js';
import { throws } from './faults.js';

const { adasNewToken, adasToken, mutation, nonsense, north, requestBody, requestHeader, requestQuery, signal, south } =
  CANARIES;

const emitted = ({ socket }: TestClient, event: string, ...args: unknown[]): Promise<SocketResponse> =>
  socket.timeout(60_000).emitWithAck(event, ...args) as Promise<SocketResponse>;

/** A request over the socket. */
async function ask(client: TestClient, request: string, data?: object, headers: object = {}): Promise<void> {
  const [method, url] = request.split(' ');
  const { statusCode } = await emitted(client, method.toLowerCase(), { url, data, headers });
  expect([200, 201], request).toContain(statusCode);
}

/** Everything that can be done is done once. */
export async function play(cast: Cast): Promise<void> {
  rows.clear();
  await meet(cast);
  await change(cast);
  await fail(cast);
  await talkNonsense(cast);
  await renew(cast);
  await revoke(cast);
  await ask(cast.client('root'), 'GET /audit');
  await cast.stage.settle();
}

async function meet(cast: Cast): Promise<void> {
  const [ada, nora, sam, eve] = (['ada', 'nora', 'sam', 'eve'] as const).map((actor) => cast.client(actor));
  await ask(nora, 'GET /cards');
  await ask(sam, 'GET /cards');
  for (const reader of [nora, cast.client('root')]) await ask(reader, 'GET /accounts');
  await ask(nora, 'GET /boards/7');
  await ask(ada, 'GET /boards/7');
  await nora.next<{ id: string }>('presence', ({ id }) => id === 'ada');
  expect(await emitted(ada, 'typing', { boardId: 7, text: signal })).toMatchObject({ statusCode: 204 });
  await nora.next('typing');
  expect(await emitted(ada, 'typing', { boardId: 7, fails: true })).toMatchObject({ statusCode: 500 });
  expect(await emitted(eve, 'typing', { boardId: 7 })).toMatchObject({ statusCode: 403 });
  await ask(eve, 'GET /boards/7');
  await nora.next<{ id: string }>('presence', ({ id }) => id === 'eve');
}

async function change(cast: Cast): Promise<void> {
  const { stage } = cast;
  const ada = cast.client('ada');
  const { titleAfterMove, titleInNorth, titleInSouth } = CANARIES;
  const inNorth = { title: titleInNorth, tenant: north };
  const secretly = { 'x-key': requestHeader, 'mutation-id': mutation };
  await ask(ada, 'POST /cards/1', { ...inNorth, password: requestBody }, secretly);
  await ask(ada, 'POST /cards/2', { title: titleInSouth, tenant: south });
  await ask(ada, 'PATCH /cards/1', { title: titleInNorth });
  await ask(ada, 'PATCH /cards/1/viewed');
  await ask(ada, 'PUT /cards/1/comments/3');
  await ask(ada, 'PUT /accounts/1');
  await ask(cast.client('root'), 'GET /audit');
  await stage.settle();
  // Over HTTP, on the server that the socket is not connected to.
  const asAda = { authorization: `Bearer ${adasToken}`, 'x-socket-id': ada.id, 'x-key': requestHeader };
  const asCookie = { cookie: `session=${CANARIES.samsCookie}`, 'x-socket-id': nonsense };
  expect(await stage.there.request('PATCH', '/cards/1/written', {}, asAda)).toMatchObject({ status: 200 });
  expect(await stage.there.request('GET', `/accounts/1?key=${requestQuery}`, undefined, asAda)).toMatchObject({
    status: 200,
  });
  expect(await stage.there.request('POST', '/cards/1/archive', {}, asCookie)).toMatchObject({ status: 201 });
  await stage.settle();
  await ask(ada, 'PATCH /cards/1', { title: titleAfterMove, tenant: south });
  await ask(ada, 'DELETE /cards/1');
  await stage.settle();
}

async function fail(cast: Cast): Promise<void> {
  const ada = cast.client('ada');
  for (const [method, url] of FAULTY_ROUTES) await emitted(ada, method, { url });
  cast.stage.here.sockets.onServerEvent('refresh', throws);
  await cast.stage.here.sockets.serverSideBlast('refresh');
  await cast.stage.settle();
}

async function talkNonsense(cast: Cast): Promise<void> {
  const rude = cast.client('rude');
  const packets: Array<[event: string, packet: unknown]> = [
    ['get', nonsense],
    ['get', { url: nonsense }],
    ['get', { url: '/cards', headers: { [`${nonsense}\n`]: '1' } }],
    ['get', { url: '/cards', headers: { 'mutation-id': `${nonsense}\n` } }],
    ['post', { url: '/cards/x', data: { title: nonsense } }],
    ['sockets:unsubscribe', { resource: nonsense }],
    ['sockets:unsubscribe', { resource: 'card', ids: [{ nonsense }] }],
    ['typing', nonsense],
    ['typing', { boardId: { nonsense } }],
    ['reauthenticate', nonsense],
    ['reauthenticate', { token: nonsense }],
  ];
  for (const [event, packet] of packets) {
    const { statusCode } = await emitted(rude, event, packet);
    expect(statusCode, `${event} ${JSON.stringify(packet)}`).toBeGreaterThanOrEqual(400);
  }
  rude.socket.emit(nonsense, { nonsense });
  const gone = new Promise((resolve) => rude.socket.once('disconnect', resolve));
  rude.socket.io.engine.write(`2["get",{"url":"${nonsense}`);
  await gone;
}

async function renew(cast: Cast): Promise<void> {
  const ada = cast.client('ada');
  expect(await emitted(ada, 'reauthenticate', { token: adasNewToken })).toMatchObject({ statusCode: 204 });
  expect(await emitted(ada, 'reauthenticate', { token: CANARIES.refusedToken })).toMatchObject({ statusCode: 401 });
  await ask(ada, 'POST /session');
  await ask(ada, 'GET /boards/7');
}

async function revoke(cast: Cast): Promise<void> {
  const sam = cast.client('sam');
  await cast.stage.there.sockets.revoke({ user: 'sam', resource: 'card' });
  await sam.next('revoked');
  await ask(cast.client('ada'), 'PATCH /cards/2', { title: CANARIES.titleAfterRevocation });
  await cast.stage.settle();
}
