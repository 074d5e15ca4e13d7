import { describe, expect, it } from 'vitest';
import { client } from './support/client.js';
import { startDesk } from './support/desk.js';

describe('The parameters of a path', () => {
  it('are put in place of their names, encoded, by every method', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const answers = [
      await sockets.get('/status/:status', undefined, { params: { status: 418 } }).catch((error: unknown) => error),
      await sockets.post('/:what', { n: 1 }, { params: { what: 'echo' } }),
      await sockets.mutate('put', '/:what', { n: 1 }, { params: { what: 'echo' } }),
      await sockets.request({ method: 'get', url: '/:what?to=:none', params: { what: 'echo' } }),
      await sockets.get('/fails/:kind', undefined, { params: { kind: 'a/b?c' } }).catch((error: unknown) => error),
      await sockets.get('/*rest', undefined, { params: { rest: 'status/409' } }).catch((error: unknown) => error),
    ];

    expect(answers).toMatchObject([
      { statusCode: 418 },
      { body: { method: 'POST', body: { n: 1 } } },
      { body: { method: 'PUT', body: { n: 1 } } },
      { body: { query: { to: ':none' } } },
      { statusCode: 500 },
      { statusCode: 409 },
    ]);
  });

  it('are part of a read that is repeated', async () => {
    const { app } = await startDesk();
    const sockets = client(app.url);
    const repeated = new Promise((resolve) => {
      const repeat = ({ response }: { response?: { body: unknown } | undefined }): void => resolve(response?.body);
      void sockets.get('/:what', undefined, { params: { what: 'notes' }, repeat }).then(() => {
        sockets.socket.io.engine.close();
      });
    });

    expect(await repeated).toEqual([{ id: 1, text: 'first' }]);
  });

  it.each([
    { params: {}, says: 'get: the url /cards/:id needs the parameter "id": { params: { id: … } }' },
    { params: { id: '' }, says: 'get: the url /cards/:id needs the parameter "id"' },
    { params: { id: 1, boardId: 7 }, says: 'get: the url /cards/:id has no parameter "boardId"' },
    { params: [1], says: 'get: the option "params" must be an object of parameters by name, such as { boardId: 7 }' },
  ])('are refused if they do not fit: $params', async ({ params, says }) => {
    const { app } = await startDesk();

    await expect(client(app.url).get('/cards/:id', undefined, { params: params as never })).rejects.toThrow(says);
  });

  it('are not looked for where none are given', async () => {
    const { app } = await startDesk();

    const answer = await client(app.url)
      .get('/echo?at=12:30')
      .catch((error: unknown) => error);

    expect(answer).toMatchObject({ body: { query: { at: '12:30' } } });
  });
});
