import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { inject } from 'vitest';

declare module 'vitest' {
  /** The cell of the matrix that a project of `vitest.config.ts` runs the suite in. */
  interface ProvidedContext {
    nest: 11 | 12;
    platform: 'Express' | 'Fastify';
  }
}

/** An HTTP platform of Nest. */
export interface Platform {
  name: 'Express' | 'Fastify';
  adapter: () => AbstractHttpAdapter;
}

export const express: Platform = { name: 'Express', adapter: () => new ExpressAdapter() };
export const fastify: Platform = { name: 'Fastify', adapter: () => new FastifyAdapter() };

/** For tests that compare them. */
export const platforms = [express, fastify];

/** The one that the suite runs on in this project, and the other one, for a server beside it. */
export const [platform, otherPlatform] =
  inject('platform') === 'Express' ? ([express, fastify] as const) : ([fastify, express] as const);
