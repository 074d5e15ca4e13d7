import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.setGlobalPrefix('api');
app.useStaticAssets(join(import.meta.dirname, '../public'));
// Without a bundler, the page loads the client from here, by its import map.
const library = dirname(fileURLToPath(import.meta.resolve('nestjs-sockets')));
app.useStaticAssets(library, { prefix: '/nestjs-sockets/' });
// So that Ctrl+C closes the database, too.
app.enableShutdownHooks();

const server = await app.listen(process.env.PORT ?? 3000);
const { port } = server.address() as AddressInfo;
new Logger('Journal').log(`The journal is at http://localhost:${port}`);
