import type { RequestMethod } from '../../../protocol/request.js';
import type { Json } from './json-type.js';

/**
 * The paths of a method in a map of routes, such as `'/boards/:boardId/cards'`.
 *
 * @example
 * ```ts
 * import type { PathsOf } from 'nestjs-sockets/client';
 *
 * interface Api {
 *   'GET /boards/:boardId/cards': () => { id: number }[];
 *   'POST /boards/:boardId/cards': () => { id: number };
 * }
 *
 * const path: PathsOf<Api, 'POST'> = '/boards/:boardId/cards';
 * console.log(path);
 * ```
 */
export type PathsOf<Api, Method extends Uppercase<RequestMethod>> = keyof Api extends infer Route
  ? Route extends `${Method} ${infer Path}`
    ? Path
    : never
  : never;

/**
 * The body of a route's answer as clients receive it. A route in the map is a method of a controller, of which it is
 * what it returns, resolves or emits at last; or the body itself.
 *
 * @example
 * ```ts
 * import type { BodyOf } from 'nestjs-sockets/client';
 *
 * interface Api {
 *   'GET /cards/:id': () => Promise<{ id: number; due: Date }>;
 * }
 *
 * const card: BodyOf<Api, 'GET', '/cards/:id'> = { id: 1, due: '2027-01-01T00:00:00.000Z' };
 * console.log(card);
 * ```
 */
export type BodyOf<
  Api,
  Method extends Uppercase<RequestMethod>,
  Path extends string,
> = `${Method} ${Path}` extends keyof Api ? Json<Returned<Api[`${Method} ${Path}`]>> : never;

type Returned<Route> = Route extends (...args: never[]) => infer Result ? Settled<Result> : Route;

/** What a promise resolves with, and what an Observable emits. */
type Settled<T> = unknown extends T
  ? T
  : T extends PromiseLike<infer Value>
    ? Settled<Value>
    : T extends { pipe(): unknown; forEach(next: (value: infer Value) => void): PromiseLike<void> }
      ? Settled<Value>
      : T;

/**
 * The parameters of a path, by name: `:name`, and `*name` for what may contain slashes.
 *
 * @example
 * ```ts
 * import type { ParamsOf } from 'nestjs-sockets/client';
 *
 * const params: ParamsOf<'/boards/:boardId/cards/:id'> = { boardId: 7, id: 'a1' };
 * console.log(params);
 * ```
 */
export type ParamsOf<Path extends string> = { [Name in ParamNames<Path>]: string | number };

type ParamNames<Path extends string> = Path extends `${string}/${infer Segment}/${infer Rest}`
  ? NamesIn<Segment> | ParamNames<`/${Rest}`>
  : Path extends `${string}/${infer Segment}`
    ? NamesIn<Segment>
    : never;

/** A segment may have several, such as `:from-:to` and `:name.:type`. */
type NamesIn<Segment extends string> = Segment extends `${string}:${infer Rest}`
  ? NameAt<Rest> | NamesIn<Rest>
  : Segment extends `*${infer Name}`
    ? Name
    : never;

type NameAt<Text extends string> = Before<Before<Before<Before<Text, ':'>, '-'>, '.'>, '?'>;

type Before<Text extends string, Mark extends string> = Text extends `${infer Name}${Mark}${string}` ? Name : Text;

/** The option that the path of a route asks for. */
export type ParamsOption<Path extends string> = [ParamNames<Path>] extends [never]
  ? { params?: undefined }
  : // oxlint-disable-next-line typescript/no-generated-empty-object-type -- Where there are names, it is not empty.
    { params: ParamsOf<Path> };

/** Whether the path of a route asks for parameters. */
export type HasParams<Path extends string> = [ParamNames<Path>] extends [never] ? false : true;

/**
 * The record that the messages of a resource are about: given as its type, as the class that it is an instance of
 * (`typeof PublicCard`), or as a Standard Schema (`typeof cardSchema`), whose output it is.
 *
 * @example
 * ```ts
 * import type { EventOf } from 'nestjs-sockets/client';
 *
 * class PublicCard {
 *   due = new Date();
 * }
 *
 * const card: EventOf<typeof PublicCard> = { due: '2027-01-01T00:00:00.000Z' };
 * console.log(card);
 * ```
 */
export type EventOf<View> = View extends { readonly '~standard': { readonly types?: infer Types } }
  ? Json<NonNullable<Types> extends { readonly output: infer Output } ? Output : unknown>
  : View extends abstract new (...args: never[]) => infer Instance
    ? Json<Instance>
    : Json<View>;
