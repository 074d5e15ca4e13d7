import 'reflect-metadata';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule, type SwaggerDocumentOptions } from '@nestjs/swagger';
import { describe, expect, test } from 'vitest';
import { addSockets } from '../../src/module/documents/swagger.js';
import { createDescribed } from './support/described-application.js';

async function describedBy(options: SwaggerDocumentOptions & { initialized?: boolean } = {}): Promise<OpenAPIObject> {
  const app = await createDescribed();
  if (options.initialized) await app.init();
  const config = new DocumentBuilder().setTitle('Boards').setVersion('1.0').build();
  return addSockets(SwaggerModule.createDocument(app, config, options), app);
}

const extensionOf = (value: object | undefined): unknown => (value as { 'x-sockets'?: unknown })['x-sockets'];

const SUBSCRIBES = {
  action: 'subscribe',
  resource: 'card',
  watch: ['created'],
  slices: ['boardId'],
  select: ['items'],
};

describe('The document of @nestjs/swagger', () => {
  test('says of each operation what it publishes and subscribes to', async () => {
    const { paths } = await describedBy();

    expect(extensionOf(paths['/api/boards/{boardId}/cards'].get)).toEqual([SUBSCRIBES]);
    expect(extensionOf(paths['/api/boards/{boardId}/cards'].post)).toEqual([
      { action: 'publish', resource: 'card', verbs: ['created'], slices: ['boardId'], select: ['item'] },
    ]);
    expect(extensionOf(paths['/api/boards/{boardId}/cards/{id}'].patch)).toEqual([
      { action: 'publish', resource: 'card', verbs: ['updated'], slices: ['boardId'], select: ['items'] },
      { action: 'publish', resource: 'card', verbs: ['moved'], slices: ['boardId'], select: ['items'] },
      { action: 'publish', resource: 'board', verbs: ['updated'], select: 'function' },
    ]);
    expect(extensionOf(paths['/api/boards/{boardId}/cards/count'].get)).toBeUndefined();
  });

  test('says it whether the application was initialized or not, and without its prefix', async () => {
    const [initialized, unprefixed] = [
      await describedBy({ initialized: true }),
      await describedBy({ ignoreGlobalPrefix: true }),
    ];

    expect(initialized).toEqual(await describedBy());
    expect(extensionOf(unprefixed.paths['/boards/{boardId}/cards'].get)).toEqual([SUBSCRIBES]);
  });

  test('has a schema for each message, with the records of a Standard Schema', async () => {
    const document = await describedBy();
    const schemas = document.components?.schemas ?? {};

    expect(extensionOf(document)).toEqual({
      messages: {
        board: { $ref: '#/components/schemas/board.message' },
        card: { $ref: '#/components/schemas/card.message' },
        member: { $ref: '#/components/schemas/member.message' },
      },
    });
    expect(schemas['card.message']).toEqual({
      oneOf: ['created', 'updated', 'destroyed', 'messaged', 'left', 'entered', 'moved'].map((verb) => ({
        $ref: `#/components/schemas/card.${verb}`,
      })),
    });
    const properties = {
      id: { type: 'number' },
      owner: { $ref: '#/components/schemas/card.Owner' },
      next: { $ref: '#/components/schemas/card' },
    };
    expect(schemas.card).toEqual({ type: 'object', properties, required: ['id'] });
    expect(schemas['card.Owner']).toEqual({ type: 'object', properties: { name: { type: 'string' } } });
    const common = { id: { type: 'number' } };
    expect(schemas['card.created']).toEqual({
      type: 'object',
      properties: {
        verb: { type: 'string', enum: ['created'] },
        ...common,
        data: { $ref: '#/components/schemas/card' },
      },
      required: ['verb', 'id', 'data'],
    });
    expect(schemas['card.updated']).toEqual({
      type: 'object',
      properties: {
        verb: { type: 'string', enum: ['updated'] },
        ...common,
        data: { type: 'object', properties },
        previous: { type: 'object', properties },
      },
      required: ['verb', 'id', 'data'],
    });
  });

  test('has the exposed properties of a view that is a class, and what is known of other records', async () => {
    const { components } = await describedBy();

    expect(components?.schemas?.board).toEqual({
      type: 'object',
      properties: {
        id: { type: 'number' },
        created: { type: 'string', format: 'date-time' },
        tags: { type: 'array', items: { type: 'object', properties: { label: { type: 'string' } } } },
      },
    });
    expect(components?.schemas?.member).toEqual({ type: 'object' });
    expect(Object.keys(components?.schemas ?? {})).toContain('board.addedTo');
    expect(components?.schemas?.['member.created']).toMatchObject({
      properties: { id: { type: 'string', format: 'uuid' } },
    });
  });

  test('keeps a schema that the application has given the same name', async () => {
    const app = await createDescribed();
    const document = { openapi: '3.1.0', paths: {}, components: { schemas: { card: { type: 'string' } } } };

    expect(addSockets(document, app).components.schemas.card).toEqual({ type: 'string' });
  });
});
