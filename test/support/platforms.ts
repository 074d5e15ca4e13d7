import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { AbstractHttpAdapter } from '@nestjs/core';

/** An HTTP platform of Nest that every behaviour is shown on. */
export interface Platform {
  name: string;
  adapter: () => AbstractHttpAdapter;
}

export const platforms: Platform[] = [
  { name: 'Express', adapter: () => new ExpressAdapter() },
  { name: 'Fastify', adapter: () => new FastifyAdapter() },
];
