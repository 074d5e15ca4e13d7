import { Controller, Get, Param, ParseIntPipe } from '@nestjs/common';
import { once } from 'node:events';
import { describe, expect, it, onTestFinished } from 'vitest';
import { connect, type SocketsClient } from '../../../../src/front-ends/client/index.js';
import { Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';

const ROWS = 10_000;

@Controller('rows')
@Resourceful('row')
class RowsController {
  @Get()
  @SubscribeOnRead()
  findAll(): object[] {
    return Array.from({ length: ROWS }, (_, index) => ({ id: index + 1 }));
  }

  @Get(':id')
  @SubscribeOnRead()
  findOne(@Param('id', ParseIntPipe) id: number): object {
    return { id };
  }
}

/** Starts an application with the limits that it has by default. */
const startDefault = (): Promise<TestApplication> =>
  start({ imports: [SocketsModule.forRoot()], controllers: [RowsController] });

function client(application: TestApplication, namespace = ''): SocketsClient {
  const made = connect(application.url + namespace, { transports: ['websocket'] });
  onTestFinished(() => made.close());
  return made;
}

function expectNothingRefused(application: TestApplication): void {
  const refused = Object.entries(application.sockets.metrics().refused).filter(([, count]) => count > 0);
  expect(refused).toEqual([]);
}

describe('With the limits that an application has by default, nothing is refused to', () => {
  it('a dashboard of 16 namespaces that reconnects', async () => {
    const application = await startDefault();
    const names = ['', ...Array.from({ length: 15 }, (_, index) => `/panel-${index}`)];
    for (const name of names) application.sockets.server.of(name || '/');
    const panels = names.map((name) => client(application, name));
    await Promise.all(panels.map(({ socket }) => once(socket as never, 'connect')));

    for (let times = 0; times < 3; times++) {
      const back = panels.map(({ socket }) => once(socket as never, 'connect'));
      panels[0]?.socket.io.engine.close();
      await Promise.all(back);
    }

    expectNothingRefused(application);
  });

  it('a page that repeats 200 reads when it is back', async () => {
    const application = await startDefault();
    const page = client(application);
    await Promise.all(
      Array.from({ length: 200 }, (_, index) => page.get(`/rows/${index + 1}`, undefined, { repeat: () => undefined })),
    );

    const back = once(page.socket as never, 'connect');
    page.socket.io.engine.close();
    await back;
    await expect.poll(() => application.channel('row').subscribers(200)).toEqual([page.id]);

    expectNothingRefused(application);
  });

  it('a table of ten thousand records', async () => {
    const application = await startDefault();
    const page = client(application);
    const { body } = await page.get<object[]>('/rows');

    expect(body).toHaveLength(ROWS);
    expect(await application.channel('row').subscribers(ROWS)).toEqual([page.id]);
    expectNothingRefused(application);
  });

  it('components that are mounted twice, again and again', async () => {
    const application = await startDefault();
    const page = client(application);
    for (let times = 0; times < 100; times++) {
      await page.get('/rows/1');
      await page.unsubscribe('row', 1);
    }

    expectNothingRefused(application);
  });

  it('three hundred people behind one address who are back at once after a deploy', async () => {
    const application = await startDefault();
    // All of them share the processor with the server, so that only every tenth begins by polling, as browsers do.
    const people = Array.from({ length: 300 }, (_, index) =>
      connect(application.url, { forceNew: true, ...(index % 10 > 0 && { transports: ['websocket'] }) }),
    );
    onTestFinished(() => people.forEach((one) => one.close()));
    await Promise.all(people.map(({ socket }) => once(socket as never, 'connect')));
    const back = people.map(({ socket }) => once(socket as never, 'connect'));
    for (const { socket } of people) socket.io.engine.close();
    await Promise.all(back);

    expectNothingRefused(application);
  });
});
