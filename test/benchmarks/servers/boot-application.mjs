// The application that workloads/boot.mjs boots. The argument is JSON: { library: DIRECTORY, bare, routes: NUMBER, platform }.
// A bare application has the same routes without the library's decorators, and an empty gateway, so that it starts a
// Socket.IO server too.
import { createAdapter, decorateClass, decorateMethod, importLibrary, importPeer } from '../built-library.mjs';

const { library: directory, bare, routes, platform } = JSON.parse(process.argv[2]);

const { Body, Controller, Delete, Get, Module, Param, Patch, Post } = await importPeer(directory, '@nestjs/common');
const { NestFactory } = await importPeer(directory, '@nestjs/core');
const { WebSocketGateway } = await importPeer(directory, '@nestjs/websockets');
// Without the library, Nest imports this package only while it boots.
await importPeer(directory, '@nestjs/platform-socket.io');
const adapter = await createAdapter(directory, platform);

async function measure(work) {
  const cpuBefore = process.cpuUsage();
  const start = performance.now();
  const value = await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { value, figures: { ms, cpu: (user + system) / 1_000 } };
}

const imported = await measure(() => (bare ? undefined : importLibrary(directory)));

/** Creates the controller of one resource, with up to five routes. */
function createController(index, count) {
  class CardsController {
    findAll() {
      return [{ id: 1 }];
    }

    findOne(id) {
      return { id };
    }

    create(body) {
      return { id: 1, ...body };
    }

    update(id, body) {
      return { id, ...body };
    }

    remove() {}
  }
  const id = () => Param('id');
  const routesOf = [
    ['update', Patch(':id'), 'PublishOnUpdate', [id(), Body()]],
    ['findAll', Get(), 'SubscribeOnRead', [], { watch: true }],
    ['findOne', Get(':id'), 'SubscribeOnRead', [id()]],
    ['create', Post(), 'PublishOnCreate', [Body()]],
    ['remove', Delete(':id'), 'PublishOnDestroy', []],
  ];
  for (const [method, route, name, parameters, ...options] of routesOf.slice(0, count)) {
    decorateMethod(CardsController, method, bare ? [route] : [route, imported.value[name](...options)], parameters);
  }
  const decorators = bare ? [] : [imported.value.Resourceful(`card${index}`)];
  return decorateClass(CardsController, Controller(`cards-${index}`), ...decorators);
}

const controllers = [];
for (let left = routes; left > 0; left -= 5) controllers.push(createController(controllers.length, left));
const AppModule = decorateClass(
  class AppModule {},
  Module(
    bare
      ? { controllers, providers: [decorateClass(class EmptyGateway {}, WebSocketGateway())] }
      : { controllers, imports: [imported.value.SocketsModule.forRoot()] },
  ),
);

const booted = await measure(async () => {
  const app = await NestFactory.create(AppModule, adapter, { logger: ['error'] });
  await app.listen(0, '127.0.0.1');
  return app;
});
const closed = await measure(() => booted.value.close());
const { user, system } = process.cpuUsage();
const figures = { import: imported.figures, boot: booted.figures, close: closed.figures, cpu: user + system };
process.send(figures, () => process.exit());
