import { Injectable, type Type } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { BeforePublication, InvalidListenerError, OnPublication, SocketsModule } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { expectRefusal } from '../../../support/refusal.js';
@Injectable()
class Scribe {
  readonly messages: unknown[] = [];

  @OnPublication('user')
  hear(message: unknown): void {
    this.messages.push(message);
  }
}

describe('@BeforePublication', () => {
  async function startWith(...listeners: Type[]) {
    const app = await start({
      imports: [SocketsModule.forRoot({ resources: { user: {} } })],
      providers: [...listeners, Scribe],
    });
    const client = await app.connect();
    await app.channel('user').watch(client.id);
    return { app, client, users: app.channel('user') };
  }

  it('row 33: rewrites the message, for the clients and for @OnPublication', async () => {
    @Injectable()
    class Rewriting {
      @BeforePublication('user', 'created')
      rewrite(message: { data: object }) {
        return { ...message, data: { ...message.data, by: 'Rewriting' } };
      }
    }
    const { app, client, users } = await startWith(Rewriting);

    await users.publishCreate({ id: 1 });
    await users.publishDestroy(1);

    await app.settle();
    const messages = [
      { verb: 'created', id: 1, data: { id: 1, by: 'Rewriting' } },
      { verb: 'destroyed', id: 1 },
    ];
    expect(client.heard('user')).toEqual(messages);
    expect(app.get(Scribe).messages).toEqual(messages);
  });

  it('row 33: null stops it, returning nothing changes nothing, and each hears what the one before made', async () => {
    @Injectable()
    class First {
      readonly heard: unknown[] = [];

      @BeforePublication('user')
      hear(message: unknown): void {
        this.heard.push(message);
      }

      @BeforePublication('user', 'updated')
      mark(message: { data: { draft?: boolean } }) {
        return message.data.draft ? null : { ...message, marked: 1 };
      }
    }
    @Injectable()
    class Second {
      @BeforePublication('user')
      markAgain(message: { marked?: number }) {
        return message.marked ? { ...message, marked: message.marked + 1 } : undefined;
      }
    }
    const { app, client, users } = await startWith(First, Second);

    await users.publishUpdate(1, { draft: true });
    await users.publishUpdate(1, { draft: false });
    await users.publishCreate({ id: 2 });

    await app.settle();
    expect(client.heard('user')).toEqual([
      { verb: 'updated', id: 1, data: { draft: false }, marked: 2 },
      { verb: 'created', id: 2, data: { id: 2 } },
    ]);
    expect(app.get(First).heard).toHaveLength(3);
    expect(app.get(Scribe).messages).toHaveLength(2);
  });

  it('row 33: a destroyed record that is not told is still retired', async () => {
    @Injectable()
    class Silent {
      @BeforePublication('user', 'destroyed')
      stop() {
        return null;
      }
    }
    const { app, client, users } = await startWith(Silent);
    await users.subscribe(client.id, 1);

    await users.publishDestroy(1);

    await app.settle();
    expect(client.heard('user')).toEqual([]);
    expect(await users.subscribers(1)).toEqual([]);
  });

  it('row 33: a promise is refused, and what it rejects with harms nothing', async () => {
    @Injectable()
    class Async {
      @BeforePublication('user')
      rewrite(): Promise<unknown> {
        return Promise.reject(new Error('too late'));
      }
    }
    const { app, client, users } = await startWith(Async);

    await expectRefusal(
      users.publishCreate({ id: 1 }),
      InvalidListenerError,
      'INVALID_LISTENER',
      "@BeforePublication('user') on Async.rewrite() returned a promise",
    );

    await app.settle();
    expect(client.heard('user')).toEqual([]);
    expect(app.get(Scribe).messages).toEqual([]);
  });

  it('row 33: one that throws keeps the message back, and says so to whoever publishes', async () => {
    const error = new Error('no');
    @Injectable()
    class Faulty {
      @BeforePublication('user', 'created')
      rewrite(): never {
        throw error;
      }
    }
    const { app, client, users } = await startWith(Faulty);

    await expect(users.publishCreate({ id: 1 })).rejects.toBe(error);
    await users.publishDestroy(1);

    await app.settle();
    expect(client.heard('user')).toEqual([{ verb: 'destroyed', id: 1 }]);
  });
});
