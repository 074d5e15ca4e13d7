import { expectTypeOf } from 'vitest';
import {
  type BodyOf,
  type ClientResponse,
  connect,
  type OpenApi,
  type PathsOf,
} from '../../../src/front-ends/client/index.js';

interface Card {
  id: number;
  title: string;
  due?: string;
}

/** As openapi-typescript 7 writes it, with all that it writes. */
interface paths {
  '/boards/{boardId}/cards': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: operations['CardsController_findAll'];
    put?: never;
    post: operations['CardsController_create'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/cards/{id}': {
    parameters: { query?: never; header?: never; path?: never; cookie?: never };
    get: {
      parameters: { path: { id: string } };
      responses: {
        200: { headers: Record<string, unknown>; content: { 'application/json': Card } };
        404: { headers: Record<string, unknown>; content: { 'application/json': { message: string } } };
        default: { headers: Record<string, unknown>; content: { 'application/json': { code: string } } };
      };
    };
    delete: { responses: { 204: { headers: Record<string, unknown>; content?: never } } };
    put: { responses: { 200: { headers: Record<string, unknown>; content?: never } } };
    post?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}

interface operations {
  CardsController_findAll: {
    parameters: { query?: { done?: boolean }; path: { boardId: number } };
    requestBody?: never;
    responses: { 200: { headers: Record<string, unknown>; content: { 'application/json': Card[] } } };
  };
  CardsController_create: {
    requestBody: { content: { 'application/json': { title: string } } };
    responses: { 201: { headers: Record<string, unknown>; content: { 'application/json': Card } } };
  };
}

type Api = OpenApi<paths>;

declare const sockets: ReturnType<typeof connect<Api>>;

expectTypeOf<keyof Api>().toEqualTypeOf<
  | 'GET /boards/:boardId/cards'
  | 'POST /boards/:boardId/cards'
  | 'GET /cards/:id'
  | 'DELETE /cards/:id'
  | 'PUT /cards/:id'
>();
expectTypeOf<PathsOf<Api, 'GET'>>().toEqualTypeOf<'/boards/:boardId/cards' | '/cards/:id'>();
expectTypeOf<BodyOf<Api, 'GET', '/boards/:boardId/cards'>>().toEqualTypeOf<Card[]>();
expectTypeOf<BodyOf<Api, 'DELETE', '/cards/:id'>>().toEqualTypeOf<undefined>();
expectTypeOf<BodyOf<Api, 'PUT', '/cards/:id'>>().toEqualTypeOf<undefined>();
expectTypeOf(sockets.post('/boards/:boardId/cards', { title: '' }, { params: { boardId: 7 } })).toEqualTypeOf<
  Promise<ClientResponse<Card>>
>();
expectTypeOf(sockets.get('/cards/:id', undefined, { params: { id: 5 } })).toEqualTypeOf<
  Promise<ClientResponse<Card>>
>();
// @ts-expect-error there is no such path
void sockets.get('/crads/:id', undefined, { params: { id: 5 } });
// @ts-expect-error the parameter is missing
void sockets.get('/cards/:id');
