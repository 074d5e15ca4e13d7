import type { INestApplicationContext } from '@nestjs/common';
import { DescribedApplication } from './application.js';
import { openApiPath } from './paths.js';
import { type Dialect, type JsonSchema, referTo } from './schemas/json-schema.js';
import { messageSchemas } from './schemas/message-schemas.js';
import type { SocketAction } from './socket-actions.js';

export type { SocketAction };

/** The name of the extension, in operations and in the document. */
const EXTENSION = 'x-sockets';

/** What `addSockets` reads and changes of an OpenAPI document, such as that of `SwaggerModule.createDocument()`. */
export interface OpenApiDocument {
  /** The version of OpenAPI. */
  openapi: string;
  /** The routes, by path. */
  paths: object;
  /** The schemas, among others. */
  components?: { schemas?: object };
}

/**
 * Adds what an application does over sockets to its OpenAPI document: to each operation, as `x-sockets`, a list of the
 * resources that it publishes and subscribes to; and the schemas of their messages, as `card.created` and the like,
 * which `x-sockets` of the document names by the resource. The decorators of the library need nothing of
 * `@nestjs/swagger` for it.
 *
 * @returns the same document
 * @throws InvalidResourceError, InvalidRelationError if a resource cannot be as it is declared
 * @example
 * ```ts
 * import type { INestApplication } from '@nestjs/common';
 * import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
 * import { addSockets } from 'nestjs-sockets/swagger';
 *
 * export function document(app: INestApplication): void {
 *   const config = new DocumentBuilder().setTitle('Boards').build();
 *   SwaggerModule.setup('api', app, () => addSockets(SwaggerModule.createDocument(app, config), app));
 * }
 * ```
 */
export function addSockets<Document extends OpenApiDocument>(
  document: Document,
  app: INestApplicationContext,
): Document {
  const application = new DescribedApplication(app);
  for (const { actions, methods, paths } of application.routes) {
    if (actions.length === 0) continue;
    for (const path of paths) {
      const operations = operationsAt(document.paths, openApiPath(path), application.globalPrefix);
      for (const method of methods) {
        const operation = operations?.[method.toLowerCase()];
        if (operation) operation[EXTENSION] = actions;
      }
    }
  }
  const all = messageSchemas(application, dialectOf(document));
  if (all.length === 0) return document;
  const components = (document.components ??= {});
  // What the application has named so itself stays.
  components.schemas = {
    ...Object.fromEntries(all.flatMap(({ all: schemas }) => [...schemas])),
    ...components.schemas,
  };
  const messages = Object.fromEntries(all.map(({ resource, name }) => [resource.name, referTo(name)]));
  return Object.assign(document, { [EXTENSION]: { messages } satisfies Record<string, Record<string, JsonSchema>> });
}

type Operations = Record<string, Record<string, unknown> | undefined>;

/** Returns the operations of a path, which a document may have without the global prefix, too. */
function operationsAt(paths: object, path: string, globalPrefix: string): Operations | undefined {
  const known = paths as Record<string, Operations | undefined>;
  if (known[path] || globalPrefix === '' || !path.startsWith(`${globalPrefix}/`)) return known[path];
  return known[path.slice(globalPrefix.length)];
}

function dialectOf({ openapi }: OpenApiDocument): Dialect {
  return openapi.startsWith('3.0') ? 'openapi-3.0' : 'draft-2020-12';
}
