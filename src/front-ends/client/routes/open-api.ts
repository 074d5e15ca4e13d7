/** The methods of an OpenAPI document, as it writes them. */
type OpenApiMethod = 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options';

/**
 * The map of routes in an OpenAPI document, given as the `paths` that `openapi-typescript` makes of it, for
 * `connect<OpenApi<paths>>()`. Of each operation, it is what a successful answer contains.
 *
 * @example
 * ```ts
 * import { connect, type OpenApi } from 'nestjs-sockets/client';
 *
 * // import type { paths } from './openapi.js'; written by openapi-typescript
 * interface paths {
 *   '/cards/{id}': {
 *     get: { responses: { 200: { content: { 'application/json': { id: number; title: string } } } } };
 *   };
 * }
 *
 * const sockets = connect<OpenApi<paths>>('http://localhost:3000');
 * const { body: card } = await sockets.get('/cards/:id', undefined, { params: { id: 5 } });
 * console.log(card.title);
 * ```
 */
export type OpenApi<Paths> = { [Route in RouteIn<Paths> as Route['key']]: Route['body'] };

type RouteIn<Paths> = { [Path in keyof Paths & string]: RouteAt<Path, Paths[Path]> }[keyof Paths & string];

/** Methods that a path does not have are optional, and `never`. */
type RouteAt<Path extends string, Operations> = {
  [Method in keyof Operations & OpenApiMethod]-?: [NonNullable<Operations[Method]>] extends [never]
    ? never
    : { key: `${Uppercase<Method>} ${WithColons<Path>}`; body: Answer<Operations[Method]> };
}[keyof Operations & OpenApiMethod];

type WithColons<Path extends string> = Path extends `${infer Before}{${infer Name}}${infer Rest}`
  ? `${Before}:${Name}${WithColons<Rest>}`
  : Path;

type Success = 200 | 201 | 202 | 203 | 206 | '2XX' | 'default';

type Answer<Operation> = Operation extends { responses: infer Responses }
  ? Success & keyof Responses extends never
    ? undefined
    : ContentOf<Responses[SuccessIn<Responses>]>
  : unknown;

/** `default` is that of errors, where another is named. */
type SuccessIn<Responses> =
  Exclude<Success & keyof Responses, 'default'> extends never
    ? 'default' & keyof Responses
    : Exclude<Success & keyof Responses, 'default'>;

type ContentOf<Response> = Response extends { content: infer Content } ? Content[keyof Content] : undefined;
