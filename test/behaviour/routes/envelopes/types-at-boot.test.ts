import { Controller, Delete, Get, Patch, Post, SerializeOptions, type Type } from '@nestjs/common';
import { Expose, Type as TypeOf } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SubscribeOnRead,
  type ResourceOptions,
} from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

async function warningsOf(...controllers: Type[]): Promise<string[]> {
  const logs = new Logs();
  await start({ controllers, main: logs.open });
  return logs.naming('by its type, the response is no').warnings;
}

/** What @nestjs/swagger writes, whose decorators the suite does not have. */
function ApiProperty(options: { type?: unknown } = {}): PropertyDecorator {
  return (prototype, name) => {
    const all = (Reflect.getMetadata('swagger/apiModelPropertiesArray', prototype) ?? []) as string[];
    Reflect.defineMetadata('swagger/apiModelPropertiesArray', [...all, `:${String(name)}`], prototype);
    Reflect.defineMetadata('swagger/apiModelProperties', options, prototype, name);
  };
}

function ApiOkResponse(type: unknown): MethodDecorator {
  return (_prototype, _name, { value }: PropertyDescriptor) =>
    Reflect.defineMetadata('swagger/apiResponse', { 200: { type }, 404: { type: Error } }, value as object);
}

class Article {
  @Expose() id!: number;
  @Expose() title!: string;
}

class ArticleResponse {
  @Expose() article!: Article;
}

class ArticlesResponse {
  @Expose() @TypeOf(() => Article) articles!: Article[];
  @Expose() articlesCount!: number;
}

class DocumentedArticle {
  @ApiProperty() id!: number;
}

class DocumentedResponse {
  @ApiProperty({ type: () => DocumentedArticle }) data!: unknown;
  @ApiProperty() success!: boolean;
}

class Page {
  @ApiProperty({ type: [DocumentedArticle] }) items!: unknown;
  @ApiProperty({ type: Object }) meta!: unknown;
}

class PluginResponse {
  static _OPENAPI_METADATA_FACTORY = (): object => ({ data: { type: () => PluginPage } });
}

class PluginPage {
  static _OPENAPI_METADATA_FACTORY = (): object => ({ items: { type: () => [DocumentedArticle] } });
}

/** A route that says by its types what it answers. */
type Said = [what: string, path: string, decorators: MethodDecorator[]];

const RETURNS = (type: unknown): MethodDecorator => Reflect.metadata('design:returntype', type);

const ENVELOPES: Said[] = [
  ['the type that the handler returns', 'article', [RETURNS(ArticleResponse)]],
  ['the type to serialize by', 'article', [SerializeOptions({ type: ArticleResponse })]],
  ['a list of records', 'articles', [SerializeOptions({ type: ArticlesResponse })]],
  ['the documentation', 'data', [ApiOkResponse(DocumentedResponse)]],
  ['a documented page', 'items', [ApiOkResponse(Page)]],
  ['what the plugin of the documentation has written', 'data.items', [ApiOkResponse(PluginResponse)]],
];

function controllerWith(options: ResourceOptions, route: MethodDecorator[], own: object = {}): Type {
  @Controller('articles')
  @Resourceful('article', options)
  class ArticlesController {
    @Patch(':id') @PublishOnUpdate(own) update(): unknown {
      return {};
    }

    @Post() @PublishOnCreate(own) create(): unknown {
      return {};
    }

    @Get(':id') @SubscribeOnRead(own) find(): unknown {
      return {};
    }

    @Delete(':id') @PublishOnDestroy(own) remove(): unknown {
      return {};
    }
  }
  const { prototype } = ArticlesController;
  for (const name of ['update', 'create', 'find', 'remove']) {
    for (const decorate of route) decorate(prototype, name, Object.getOwnPropertyDescriptor(prototype, name) ?? {});
  }
  return ArticlesController;
}

describe('a type that shows that the answer is an envelope', () => {
  it.each(ENVELOPES)('is told at boot, once for the resource, with the line to add: %s', async (_, path, route) => {
    const [warning, ...others] = await warningsOf(controllerWith({}, route));
    expect(others).toEqual([]);
    for (const handler of ['update', 'create', 'find']) expect(warning).toContain(`ArticlesController.${handler}()`);
    expect(warning).not.toContain('remove()');
    expect(warning).toContain(`@Resourceful('article', { select: '${path}' }), or for this one, { select: '${path}' }`);
  });

  it.each(ENVELOPES)('is not told where the resource, or the decorator, selects: %s', async (_, path, route) => {
    expect(await warningsOf(controllerWith({ select: path }, route))).toEqual([]);
    expect(await warningsOf(controllerWith({}, route, { select: path }))).toEqual([]);
  });
});

describe('a type that does not show it', () => {
  class Owner {
    @Expose() id!: number;
  }

  class Change {
    @Expose() owner!: Owner;
    @Expose() title!: string;
  }

  class Settings {
    @Expose() data!: Owner;
    @Expose() theme!: string;
  }

  class Whole {
    @Expose() id!: number;
    @Expose() article!: Article;
  }

  class Undecorated {
    article!: Article;
  }

  class Circle {
    @Expose() @TypeOf(() => Circle) data!: Circle;
  }

  it.each<[string, unknown]>([
    ['the record', Article],
    ['a record that refers to another of its kind', Whole],
    ['a part of a record, with a related one', Change],
    ['a part of a record, with data of it', Settings],
    ['a class without decorators', Undecorated],
    ['a circle', Circle],
    ['a promise', Promise],
    ['an object', Object],
  ])('is no reason to warn: %s', async (_, type) => {
    expect(await warningsOf(controllerWith({}, [RETURNS(type)]))).toEqual([]);
    expect(await warningsOf(controllerWith({}, [ApiOkResponse(type)]))).toEqual([]);
  });
});
