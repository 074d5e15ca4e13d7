import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppModule } from './app.module.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule);
app.useStaticAssets(join(import.meta.dirname, '../public'));
// The same board in React, if it is built: examples/react.
app.useStaticAssets(join(import.meta.dirname, '../../examples/react/dist'), { prefix: '/react/' });
// Without a bundler, the page loads the client from here, by its import map.
const library = dirname(fileURLToPath(import.meta.resolve('nestjs-sockets')));
app.useStaticAssets(library, { prefix: '/nestjs-sockets/' });
// So that Ctrl+C closes the database, too, and the process ends as one that has done its work.
app.enableShutdownHooks([], { useProcessExit: true });

const server = await app.listen(process.env.PORT ?? 3000);
const { port } = server.address() as AddressInfo;
// One of several processes tells the one that has started them.
if (process.send) process.send(port);
else new Logger('SampleApp').log(`The task board is at http://localhost:${port}`);
