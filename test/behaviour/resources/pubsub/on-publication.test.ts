import { Controller, Injectable, Logger, Module } from '@nestjs/common';
import { WebSocketGateway } from '@nestjs/websockets';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { OnPublication, SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
const imports = [SocketsModule.forRoot({ resources: { user: { verbs: ['promoted'] }, pet: {} } })];

@Injectable()
class Heard {
  readonly messages: Array<[by: string, message: unknown]> = [];
}

@Injectable()
class Everything {
  constructor(private readonly heard: Heard) {}

  @OnPublication('user')
  any(message: unknown): void {
    this.heard.messages.push(['everything', message]);
  }
}

@Injectable()
class Created {
  constructor(private readonly heard: Heard) {}

  @OnPublication('user', 'created')
  async created(message: unknown): Promise<void> {
    this.heard.messages.push(['created', message]);
    await Promise.resolve();
  }
}

@WebSocketGateway({ namespace: 'admin' })
class Gateway {
  constructor(private readonly heard: Heard) {}

  @OnPublication('user', 'destroyed')
  destroyed(message: unknown): void {
    this.heard.messages.push(['gateway', message]);
  }
}

@Controller()
class SomeController {
  constructor(private readonly heard: Heard) {}

  @OnPublication('pet')
  pet(message: unknown): void {
    this.heard.messages.push(['controller', message]);
  }
}

describe('@OnPublication', () => {
  it('calls methods of providers, gateways and controllers once each, for a resource or one of its verbs', async () => {
    const app = await start({
      imports,
      controllers: [SomeController],
      providers: [Heard, Everything, Created, Gateway],
    });
    const users = app.channel('user');

    await users.publishCreate({ id: 1 });
    await users.publishVerb('promoted', 1, { to: 'boss' });
    await users.publish(1, { raw: true });
    await users.publishDestroy(1);
    await app.channel('pet').publishUpdate(2, { name: 'rex' });

    await app.settle();
    const created = { verb: 'created', id: 1, data: { id: 1 } };
    const destroyed = { verb: 'destroyed', id: 1 };
    expect(app.get(Heard).messages).toHaveLength(7);
    expect(app.get(Heard).messages).toEqual(
      expect.arrayContaining([
        ['everything', created],
        ['created', created],
        ['everything', { verb: 'promoted', id: 1, data: { to: 'boss' } }],
        ['everything', { raw: true }],
        ['everything', destroyed],
        ['gateway', destroyed],
        ['controller', { verb: 'updated', id: 2, data: { name: 'rex' } }],
      ]),
    );
  });

  it('hears what was sent: plain data', async () => {
    const app = await start({ imports, providers: [Heard, Everything] });
    const client = await app.connect();
    await app.channel('user').watch(client.id);

    await app.channel('user').publishCreate({ id: 1, at: new Date(0), password: { toJSON: () => undefined } });

    const [sent] = await client.next('user');
    expect(app.get(Heard).messages).toEqual([['everything', sent]]);
    expect(sent).toEqual({ verb: 'created', id: 1, data: { id: 1, at: '1970-01-01T00:00:00.000Z' } });
  });

  it('hears nothing of what could not be sent', async () => {
    const app = await start({ imports, providers: [Heard, Everything] });

    await expect(app.channel('user').publishCreate({ id: 1, n: 1n })).rejects.toThrow('BigInt');

    expect(app.get(Heard).messages).toEqual([]);
  });

  it('may stand several times on one method', async () => {
    @Injectable()
    class Several {
      readonly heard: unknown[] = [];

      @OnPublication('user', 'created')
      @OnPublication('user', 'promoted')
      @OnPublication('pet')
      hear({ verb }: { verb: string }): void {
        this.heard.push(verb);
      }
    }
    const app = await start({ imports, providers: [Several] });

    await app.channel('user').publishCreate({ id: 1 });
    await app.channel('user').publishUpdate(1, {});
    await app.channel('user').publishVerb('promoted', 1, {});
    await app.channel('pet').publishDestroy(1);

    expect(app.get(Several).heard).toEqual(['created', 'promoted', 'destroyed']);
  });

  it('is inherited, and not where the method is overridden without it', async () => {
    abstract class Base {
      readonly heard: string[] = [];

      @OnPublication('user')
      inherited(_message?: unknown): void {
        this.heard.push('inherited');
      }

      @OnPublication('user')
      overridden(): void {
        this.heard.push('overridden');
      }
    }
    @Injectable()
    class Listener extends Base {
      override overridden(): void {
        this.heard.push('by hand only');
      }
    }
    const app = await start({ imports, providers: [Listener] });

    await app.channel('user').publishCreate({ id: 1 });

    expect(app.get(Listener).heard).toEqual(['inherited']);
  });

  it('works on what a factory or a value provides, once, whatever it is provided as', async () => {
    class ByHand {
      readonly heard: unknown[] = [];

      @OnPublication('user')
      hear(message: unknown): void {
        this.heard.push(message);
      }
    }
    const value = new ByHand();
    @Module({
      providers: [
        { provide: 'alias', useExisting: 'factory' },
        { provide: 'factory', useFactory: () => Promise.resolve(new ByHand()) },
        { provide: 'value', useValue: value },
        { provide: 'config', useValue: { plain: true } },
        { provide: 'nothing', useFactory: () => undefined },
      ],
    })
    class ByHandModule {}
    const app = await start({ imports: [...imports, ByHandModule] });

    await app.channel('user').publishDestroy(1);

    const message = { verb: 'destroyed', id: 1 };
    expect(value.heard).toEqual([message]);
    expect(app.get<ByHand>('factory').heard).toEqual([message]);
  });

  it('that throws or rejects is logged, and harms neither the publication nor the other listeners', async () => {
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    @Injectable()
    class Faulty {
      @OnPublication('user')
      throws(): void {
        throw thrown;
      }

      @OnPublication('user')
      rejects(): Promise<void> {
        return Promise.reject(rejected);
      }
    }
    const app = await start({ imports, providers: [Faulty, Heard, Everything] });
    const log = vi.spyOn(Logger.prototype, 'error').mockImplementation(() => undefined);
    onTestFinished(() => log.mockRestore());
    const client = await app.connect();
    await app.channel('user').watch(client.id);

    await app.channel('user').publishDestroy(1);

    await app.settle();
    expect(client.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
    expect(app.get(Heard).messages).toHaveLength(1);
    expect(log.mock.calls.filter(([line]) => String(line).includes('Faulty.'))).toEqual([
      ["@OnPublication('user') on Faulty.throws() failed. thrown", thrown.stack],
      ["@OnPublication('user') on Faulty.rejects() failed. rejected", rejected.stack],
    ]);
  });

  it('is not waited for', async () => {
    let finish = (): void => undefined;
    @Injectable()
    class Slow {
      @OnPublication('user')
      hear(): Promise<void> {
        return new Promise((resolve) => (finish = resolve));
      }
    }
    const app = await start({ imports, providers: [Slow] });

    await app.channel('user').publishDestroy(1);
    finish();
  });
});
