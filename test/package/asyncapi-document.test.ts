import 'reflect-metadata';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { asyncApiDocument } from '../../src/module/documents/asyncapi.js';
import { createDescribed } from './support/described-application.js';

const OPTIONS = { title: 'Boards', version: '1.0.0', url: 'https://example.com:8443', description: 'A task board.' };

/** What the schema that the AsyncAPI initiative publishes finds wrong with a document. */
function problemsOf(document: unknown): unknown[] {
  const { $schema: _, ...schema } = (specs.schemasWithoutId as Record<string, object & { $schema?: string }>)['3.0.0'];
  // Formats such as "uri" are in a package of their own.
  const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
  return ajv.validate(schema, document) ? [] : (ajv.errors ?? []);
}

describe('The AsyncAPI document', () => {
  test('is one, by the schema of AsyncAPI 3', async () => {
    const document = asyncApiDocument(await createDescribed(), OPTIONS);

    expect(problemsOf(document)).toEqual([]);
    expect(problemsOf(asyncApiDocument(await createDescribed(), { title: 'Boards', version: '1' }))).toEqual([]);
    expect(problemsOf({ ...document, channels: { card: { adress: 'card' } } })).not.toEqual([]);
  });

  test('has a channel for each resource, with the messages that it can have', async () => {
    const { channels } = asyncApiDocument(await createDescribed(), OPTIONS);

    expect(Object.keys(channels)).toEqual(['board', 'card', 'member']);
    expect(channels.card).toMatchObject({
      address: 'card',
      messages: {
        created: { $ref: '#/components/messages/card.created' },
        moved: { $ref: '#/components/messages/card.moved' },
        entered: { $ref: '#/components/messages/card.entered' },
      },
      bindings: { ws: { method: 'GET' } },
      'x-routes': ['GET /api/boards/:boardId/cards'],
    });
    expect(channels.card).not.toHaveProperty('messages.addedTo');
    expect(channels.board).toHaveProperty('messages.addedTo');
    expect(channels.board).not.toHaveProperty('messages.entered');
  });

  test('has an operation for each verb, with the routes that publish it', async () => {
    const { operations } = asyncApiDocument(await createDescribed(), OPTIONS);

    expect(operations['card.created']).toEqual({
      action: 'send',
      channel: { $ref: '#/channels/card' },
      title: 'card created',
      messages: [{ $ref: '#/channels/card/messages/created' }],
      'x-routes': ['POST /api/boards/:boardId/cards'],
    });
    expect(operations['card.destroyed']).not.toHaveProperty('x-routes');
    expect(operations['board.updated']).toMatchObject({ 'x-routes': ['PATCH /api/boards/:boardId/cards/:id'] });
  });

  test('has references that all lead somewhere, and schemas that fit the messages', async () => {
    const document = asyncApiDocument(await createDescribed(), OPTIONS);
    const found = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path = '']) => path);
    const at = (path: string): unknown =>
      path.split('/').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document);

    expect(found.length).toBeGreaterThan(50);
    expect(found.filter((path) => at(path) === undefined)).toEqual([]);
    const ajv = new Ajv({ strict: false }).addSchema(document, 'document');
    const fits = (name: string, message: object): boolean =>
      ajv.validate({ $ref: `document#/components/schemas/${name}` }, message);
    expect(fits('card.message', { verb: 'created', id: 1, data: { id: 1, owner: { name: 'ada' } } })).toBe(true);
    expect(fits('card.message', { verb: 'updated', id: 1, data: {} })).toBe(true);
    expect(fits('card.message', { verb: 'created', id: 1, data: {} })).toBe(false);
    expect(fits('card.message', { verb: 'created', id: 'a', data: { id: 1 } })).toBe(false);
  });

  test('names the server that clients connect to, if it is given', async () => {
    const app = await createDescribed();

    expect(asyncApiDocument(app, OPTIONS)).toMatchObject({
      servers: { sockets: { host: 'example.com:8443', pathname: '/socket.io', protocol: 'wss' } },
      info: { title: 'Boards', version: '1.0.0', description: 'A task board.' },
    });
    expect(asyncApiDocument(app, { title: '', version: '', url: 'http://[::1]:3000', path: '/live' })).toMatchObject({
      servers: { sockets: { host: '[::1]:3000', pathname: '/live', protocol: 'ws' } },
    });
    expect(asyncApiDocument(app, { title: 'Boards', version: '1' })).not.toHaveProperty('servers');
  });
});
