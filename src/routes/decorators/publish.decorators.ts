import type {
  PublisherOptions,
  PublishOnAddOptions,
  PublishOnCollectionOptions,
  PublishOnCreateOptions,
  PublishOnUpdateOptions,
} from './publish.options.js';
import { readArguments, routeDecorator } from './decorator-metadata.js';

/**
 * Publishes the record that this route created, as the response shows it, to everybody who watches the resource. An
 * array is one publication per record. On a class, it applies to the POST routes of the collection (or of one record)
 * without a publishing decorator of their own: to `@Post()`, and not to `@Post('login')`.
 *
 * @param resource the resource, if the class has no `@Resourceful` or this is about another one
 * @example
 * ```ts
 * import { Body, Controller, Post } from '@nestjs/common';
 * import { PublishOnCreate } from 'nestjs-sockets';
 *
 * @Controller('users')
 * export class UsersController {
 *   @Post()
 *   @PublishOnCreate('user')
 *   create(@Body() body: { name: string }) {
 *     return { id: 1, name: body.name };
 *   }
 * }
 * ```
 */
export function PublishOnCreate(resource: string, options?: PublishOnCreateOptions): MethodDecorator & ClassDecorator;
export function PublishOnCreate(options?: PublishOnCreateOptions): MethodDecorator & ClassDecorator;
export function PublishOnCreate(...args: RecordArguments): MethodDecorator & ClassDecorator {
  return routeDecorator('PublishOnCreate', { kind: 'created', ...readArguments(args) });
}

/**
 * Publishes the record that this route changed, as the response shows it, to its subscribers and to everybody who
 * watches the resource. A route with an empty response publishes the id alone, and so does one whose handler returns
 * the result of a write; one that changed nothing, such as `{ affected: 0 }`, publishes nothing. On a class, it applies
 * to the PUT and PATCH routes of one record (or of the collection) without a publishing decorator of their own: to
 * `@Patch(':id')`, and not to `@Patch(':id/recover')`.
 *
 * @example
 * ```ts
 * import { Body, Controller, Param, ParseIntPipe, Patch } from '@nestjs/common';
 * import { PublishOnUpdate, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user')
 * export class UsersController {
 *   @Patch(':id')
 *   @PublishOnUpdate({ mirror: true })
 *   update(@Param('id', ParseIntPipe) id: number, @Body() body: { name: string }) {
 *     return { id, ...body };
 *   }
 * }
 * ```
 */
export function PublishOnUpdate(resource: string, options?: PublishOnUpdateOptions): MethodDecorator & ClassDecorator;
export function PublishOnUpdate(options?: PublishOnUpdateOptions): MethodDecorator & ClassDecorator;
export function PublishOnUpdate(...args: RecordArguments): MethodDecorator & ClassDecorator {
  return routeDecorator('PublishOnUpdate', { kind: 'updated', ...readArguments(args) });
}

/**
 * Publishes that the record is gone, and ends all subscriptions to it, unless the handler returns that nothing was
 * deleted: `{ affected: 0 }`, `null` or `false`. The id comes from the response or from the route. On a class, it
 * applies to the DELETE routes of one record (or of the collection) without a publishing decorator of their own.
 *
 * @example
 * ```ts
 * import { Controller, Delete, HttpCode, Param, ParseIntPipe } from '@nestjs/common';
 * import { PublishOnDestroy, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user')
 * export class UsersController {
 *   @Delete(':id')
 *   @HttpCode(204)
 *   @PublishOnDestroy()
 *   remove(@Param('id', ParseIntPipe) id: number) {
 *     console.log(`${id} is gone`);
 *   }
 * }
 * ```
 */
export function PublishOnDestroy(resource: string, options?: PublisherOptions): MethodDecorator & ClassDecorator;
export function PublishOnDestroy(options?: PublisherOptions): MethodDecorator & ClassDecorator;
export function PublishOnDestroy(...args: RecordArguments): MethodDecorator & ClassDecorator {
  return routeDecorator('PublishOnDestroy', { kind: 'destroyed', ...readArguments(args) });
}

/**
 * Publishes that this route added a record to a collection of another. `PUT users/:id/pets/:petId` names both ids;
 * `POST users/:id/pets` responds with the new record, which is then published too.
 *
 * @param attribute the collection, such as `pets`
 * @example
 * ```ts
 * import { Controller, Param, Put } from '@nestjs/common';
 * import { PublishOnAdd, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('users')
 * @Resourceful('user')
 * export class UsersController {
 *   @Put(':id/pets/:petId')
 *   @PublishOnAdd('pets')
 *   addPet(@Param('id') id: number, @Param('petId') petId: number) {
 *     return { id, pets: [petId] };
 *   }
 * }
 * ```
 */
export function PublishOnAdd(attribute: string, options: PublishOnAddOptions = {}): MethodDecorator {
  return routeDecorator('PublishOnAdd', { kind: 'addedTo', attribute, options });
}

/** Publishes that this route removed a record from a collection of another: `DELETE users/:id/pets/:petId`. */
export function PublishOnRemove(attribute: string, options: PublishOnCollectionOptions = {}): MethodDecorator {
  return routeDecorator('PublishOnRemove', { kind: 'removedFrom', attribute, options });
}

/**
 * Publishes what changed when this route replaced a collection: `PUT users/:id/pets` with the new list of ids. The
 * option `previous` says what the collection held before: the list, or the record with it. Without it, the whole new
 * list counts as added.
 */
export function PublishOnReplace(attribute: string, options: PublishOnCollectionOptions = {}): MethodDecorator {
  return routeDecorator('PublishOnReplace', { kind: 'replaced', attribute, options });
}

/**
 * Publishes anything else that happened to the record, by a verb of the application: `{ verb, id, data }`. It is the
 * only publishing decorator that may stand on a GET route, for something that happens by reading.
 *
 * @example
 * ```ts
 * import { Controller, Param, Post } from '@nestjs/common';
 * import { Publish, Resourceful } from 'nestjs-sockets';
 *
 * @Controller('articles')
 * @Resourceful('article')
 * export class ArticlesController {
 *   @Post(':id/archive')
 *   @Publish('archived')
 *   archive(@Param('id') id: string) {
 *     return { id, archived: true };
 *   }
 * }
 * ```
 */
export function Publish(verb: string, options: PublisherOptions = {}): MethodDecorator {
  return routeDecorator('Publish', { kind: 'custom', verb, options });
}

type RecordArguments = [(string | PublishOnCreateOptions)?, PublishOnCreateOptions?];
