import type { INestApplicationContext } from '@nestjs/common';
import { DescribedApplication } from './application.js';
import { referTo } from './schemas/json-schema.js';
import { messageSchemas, type ResourceSchemas } from './schemas/message-schemas.js';
import type { SocketAction } from './socket-actions.js';

/** What an AsyncAPI document says of an application that its code does not. */
export interface AsyncApiOptions {
  /** The name of the API. */
  title: string;
  /** The version of the API. */
  version: string;
  /** What the API is for; Markdown is allowed. */
  description?: string;
  /** The address at which clients connect, such as `https://example.com`. @default none is named */
  url?: string;
  /** The path of Socket.IO, as in the option `server.path` of the module. @default '/socket.io' */
  path?: string;
}

/** A document of AsyncAPI 3, as plain JSON data. */
export interface AsyncApiDocument {
  /** The version of AsyncAPI. */
  asyncapi: '3.0.0';
  /** Title and version. */
  info: { title: string; version: string; description?: string };
  /** The media type of all messages. */
  defaultContentType: 'application/json';
  /** Where clients connect, by name; absent if no url was given. */
  servers?: Record<string, object>;
  /** A channel for each resource: the event of its name. */
  channels: Record<string, object>;
  /** What the application sends: an operation for each verb of each resource. */
  operations: Record<string, object>;
  /** Messages and their schemas. */
  components: { messages: Record<string, object>; schemas: Record<string, object> };
}

/**
 * Describes what an application sends to its subscribers as a document of AsyncAPI 3: a channel for each resource, an
 * operation for each verb, and the schemas of the messages. A view that is a Standard Schema which can say itself as
 * JSON Schema, or a class of class-transformer, is the schema of its records. It needs no other package.
 *
 * @throws InvalidResourceError, InvalidRelationError if a resource cannot be as it is declared
 * @example
 * ```ts
 * import type { INestApplication } from '@nestjs/common';
 * import { asyncApiDocument } from 'nestjs-sockets/asyncapi';
 * import { writeFileSync } from 'node:fs';
 *
 * export function writeDocument(app: INestApplication): void {
 *   const document = asyncApiDocument(app, { title: 'Boards', version: '1.0.0', url: 'https://example.com' });
 *   writeFileSync('asyncapi.json', JSON.stringify(document, null, 2));
 * }
 * ```
 */
export function asyncApiDocument(app: INestApplicationContext, options: AsyncApiOptions): AsyncApiDocument {
  const application = new DescribedApplication(app);
  const document: AsyncApiDocument = {
    asyncapi: '3.0.0',
    info: infoOf(options),
    defaultContentType: 'application/json',
    ...(options.url === undefined ? {} : { servers: { sockets: serverAt(options.url, options.path) } }),
    channels: {},
    operations: {},
    components: { messages: {}, schemas: {} },
  };
  for (const described of messageSchemas(application, 'draft-07')) addResource(document, described, application);
  return document;
}

function infoOf({ title, version, description }: AsyncApiOptions): AsyncApiDocument['info'] {
  return { title, version, ...(description === undefined ? {} : { description }) };
}

function serverAt(url: string, path = '/socket.io'): object {
  const { host, protocol } = new URL(url);
  const isSecure = protocol === 'https:' || protocol === 'wss:';
  return { host, pathname: path, protocol: isSecure ? 'wss' : 'ws', description: 'Socket.IO 4' };
}

function addResource(document: AsyncApiDocument, described: ResourceSchemas, application: DescribedApplication): void {
  const { resource, messages, all } = described;
  const { components, channels, operations } = document;
  Object.assign(components.schemas, Object.fromEntries(all));
  const channel = `#/channels/${resource.name}`;
  for (const [verb, name] of messages) {
    components.messages[name] = { name: resource.name, title: `${resource.name} ${verb}`, payload: referTo(name) };
    operations[name] = {
      action: 'send',
      channel: { $ref: channel },
      title: `${resource.name} ${verb}`,
      messages: [{ $ref: `${channel}/messages/${verb}` }],
      ...routesThat(application, (one) => publishes(one, resource.name, verb)),
    };
  }
  channels[resource.name] = {
    address: resource.name,
    description:
      `The event "${resource.name}" of Socket.IO. Its first argument is the message, and its second one the delivery ` +
      `note. Clients subscribe by reading a route.`,
    messages: Object.fromEntries(
      [...messages].map(([verb, name]) => [verb, { $ref: `#/components/messages/${name}` }]),
    ),
    bindings: { ws: HANDSHAKE },
    ...routesThat(application, (one) => one.action === 'subscribe' && one.resource === resource.name),
  };
}

function publishes({ action, resource, verbs }: SocketAction, name: string, verb: string): boolean {
  return action === 'publish' && resource === name && verbs?.includes(verb) === true;
}

/** What a connection of Socket.IO 4 begins with, where it is a websocket from the start. */
const HANDSHAKE = {
  method: 'GET',
  query: {
    type: 'object',
    properties: { EIO: { type: 'string', enum: ['4'] }, transport: { type: 'string', enum: ['websocket'] } },
    required: ['EIO', 'transport'],
  },
  bindingVersion: '0.1.0',
};

/** Names the routes that do something with a resource, if there are some. Code may publish, too. */
function routesThat(
  { routes }: DescribedApplication,
  does: (action: SocketAction) => boolean,
): { 'x-routes'?: string[] } {
  const found = routes
    .filter(({ actions }) => actions.some(does))
    .flatMap(({ methods, paths }) => methods.flatMap((method) => paths.map((path) => `${method} ${path}`)));
  return found.length === 0 ? {} : { 'x-routes': found };
}
