import cookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import * as common from '@nestjs/common';
import type { INestApplication, NestInterceptor, Type } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter, type NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import session from 'express-session';
import { express, platform, type Platform } from './platforms.js';

interface SessionOptions {
  secret: string;
  /** The name of the cookie. */
  name: string;
  /** Whether the cookie travels by TLS only. */
  secure: boolean;
}

/** What an application does in other words on each platform. Nothing else in the suite asks which one it runs on. */
interface PlatformDifferences {
  /** An adapter that believes these proxies. */
  trusting: (proxies: boolean | string | string[]) => AbstractHttpAdapter;
  limitJsonBodies: (app: INestApplication, bytes: number) => void;
  readTextBodies: (app: INestApplication) => void;
  readBinaryBodies: (app: INestApplication) => void;
  /** The ways to read a query that an application may choose from. */
  queryParsers: Array<[name: string, choose: (app: INestApplication) => void]>;
  useSessions: (app: INestApplication, options: SessionOptions) => void;
  /** Below Nest, leaves this field out of every record that is written, unless the record has the other one. */
  hideWritten: (app: INestApplication, field: string, unlessBeside: string) => void;
  /** Below Nest, replaces the text of every response. */
  rewriteResponses: (app: INestApplication, text: string) => void;
  /** Below Nest, answers 403 whatever the application has answered. */
  refuseResponses: (app: INestApplication) => void;
}

const onExpress: PlatformDifferences = {
  trusting: (proxies) => {
    const adapter = new ExpressAdapter();
    adapter.set('trust proxy', proxies);
    return adapter;
  },
  limitJsonBodies: (app, limit) => void (app as NestExpressApplication).useBodyParser('json', { limit }),
  readTextBodies: (app) => void (app as NestExpressApplication).useBodyParser('text'),
  readBinaryBodies: (app) => void (app as NestExpressApplication).useBodyParser('raw'),
  queryParsers: ['simple', 'extended'].map((parser) => [
    parser,
    (app) => void (app as NestExpressApplication).set('query parser', parser),
  ]),
  useSessions: (app, { secret, name, secure }) =>
    void app.use(session({ secret, name, resave: false, saveUninitialized: false, cookie: { secure } })),
  hideWritten: (app, field, unlessBeside) =>
    void (app as NestExpressApplication).set('json replacer', function (this: object, key: string, value: unknown) {
      return key === field && !(unlessBeside in this) ? undefined : value;
    }),
  rewriteResponses: (app, text) => {
    interface Response {
      json: (body: unknown) => void;
      setHeader: (name: string, value: string) => void;
      end: (text: string) => void;
    }
    app.use((_request: unknown, response: Response, next: () => void) => {
      response.json = () => {
        response.setHeader('content-type', 'application/json');
        response.end(text);
      };
      next();
    });
  },
  refuseResponses: (app) => {
    type Response = { json: (body: unknown) => unknown; status: (code: number) => Response };
    app.use((_request: unknown, response: Response, next: () => void) => {
      const json = response.json.bind(response);
      response.json = () => {
        response.status(403);
        return json({});
      };
      next();
    });
  },
};

const onFastify: PlatformDifferences = {
  trusting: (trustProxy) => new FastifyAdapter({ trustProxy }),
  limitJsonBodies: (app, bodyLimit) =>
    void (app as NestFastifyApplication).useBodyParser('application/json', { bodyLimit }),
  readTextBodies: (app) =>
    void (app as NestFastifyApplication).useBodyParser('text/plain', {}, (_request, text, done) =>
      done(null, text.toString()),
    ),
  readBinaryBodies: (app) => void (app as NestFastifyApplication).useBodyParser('application/octet-stream'),
  queryParsers: [['of Fastify', () => undefined]],
  useSessions: (app, { secret, name: cookieName, secure }) => {
    const fastify = app as NestFastifyApplication;
    void fastify.register(cookie as never);
    void fastify.register(fastifySession, { secret, cookieName, saveUninitialized: false, cookie: { secure } });
  },
  // The schema of a route's response does it.
  hideWritten: () => undefined,
  rewriteResponses: (app, text) => onSend(app, () => text),
  refuseResponses: (app) =>
    onSend(app, (reply, payload) => {
      reply.code(403);
      return payload;
    }),
};

interface FastifyReply {
  code: (status: number) => void;
}

function onSend(app: INestApplication, hook: (reply: FastifyReply, payload: unknown) => unknown): void {
  const fastify = app.getHttpAdapter().getInstance() as {
    addHook: (name: 'onSend', hook: (...sent: [unknown, FastifyReply, unknown]) => Promise<unknown>) => void;
  };
  fastify.addHook('onSend', (_request, reply, payload) => Promise.resolve(hook(reply, payload)));
}

/** Those of an application that may be the server of a cluster on the other platform. */
export const differencesOf = (app: INestApplication): PlatformDifferences =>
  app.getHttpAdapter().getType() === 'express' ? onExpress : onFastify;

/** Those of this project's platform. */
export const differences = platform === express ? onExpress : onFastify;

/** The platform of this project, as an application behind these proxies has it. */
export const platformBehind = (...proxies: Parameters<PlatformDifferences['trusting']>): Platform => ({
  ...platform,
  adapter: () => differences.trusting(...proxies),
});

/** What came with Nest 12. */
export const { StandardSchemaSerializerInterceptor } = common as unknown as {
  StandardSchemaSerializerInterceptor?: Type<NestInterceptor>;
};
