import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** Gives the error with which Redis is to answer a command; `undefined` for what it runs. */
type Refusal = (command: string[]) => string | undefined;

/** A way to Redis on which a test says which commands Redis refuses. Answers stay in their order. */
export class RefusingRedis {
  refusal: Refusal = () => undefined;

  private constructor(readonly url: string) {}

  /** It lasts as long as the test. */
  static async to(redis: string): Promise<RefusingRedis> {
    const listener = createServer();
    const ends = new Set<Socket>();
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const way = new RefusingRedis(`redis://127.0.0.1:${(listener.address() as AddressInfo).port}`);
    listener.on('connection', (near) => {
      const far = connect(Number(new URL(redis).port), '127.0.0.1');
      for (const end of [near, far]) {
        ends.add(end);
        end.on('error', () => undefined).on('close', () => [near, far].forEach((one) => one.destroy()));
      }
      let unread = '';
      near.setEncoding('latin1').on('data', (chunk: string) => {
        unread += chunk;
        for (let read = readCommand(unread); read; read = readCommand(unread)) {
          far.write(way.inPlaceOf(read.command, unread.slice(0, read.length)), 'latin1');
          unread = unread.slice(read.length);
        }
      });
      far.pipe(near);
    });
    onTestFinished(() => {
      for (const end of ends) end.destroy();
      listener.close();
    });
    return way;
  }

  private inPlaceOf(command: string[], text: string): string {
    const refusal = this.refusal(command);
    if (refusal === undefined) return text;
    const instead = ['EVAL', `return redis.error_reply('${refusal}')`, '0'];
    return `*3\r\n${instead.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
  }
}

/** Reads the first command, if all of it is there, from a list of texts, each of which comes after its length. */
function readCommand(text: string): { command: string[]; length: number } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (!head) return undefined;
  let length = head[0].length;
  const command: string[] = [];
  while (command.length < Number(head[1])) {
    const size = /^\$(\d+)\r\n/.exec(text.slice(length, length + 20));
    if (!size) return undefined;
    const from = length + size[0].length;
    length = from + Number(size[1]) + 2;
    if (text.length < length) return undefined;
    command.push(text.slice(from, length - 2));
  }
  return { command, length };
}
