import { once } from 'node:events';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { nextMessage, startProgram } from '../../support/child-process.js';
import { platform } from '../../support/platforms.js';

const ROOMS = ['server', 'connections', 'rooms', 'requests', 'resources', 'routes'];

interface Traced {
  /** The ids of the two sockets. */
  ids: { reader: string; author: string };
  /** The id in the delivery note that the reader was sent. */
  publicationId: string;
  output: string;
  /** The lines of one room, without the time. */
  linesOf(room: string): string[];
}

/** Runs an application with secrets everywhere, and reads what it logs. */
async function trace(debug: string | undefined): Promise<Traced> {
  const child = startProgram('traced', { PLATFORM: platform.name, DEBUG: debug ?? '' }, { silent: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => (output += stripVTControlCharacters(text)));
  }
  const closed = once(child, 'close');
  const known = (await nextMessage(child)) as Pick<Traced, 'ids' | 'publicationId'>;
  await closed;
  const linesOf = (room: string): string[] =>
    output
      .split('\n')
      .filter((line) => line.includes(`[nestjs-sockets:${room}]`))
      .map((line) => line.slice(line.indexOf(']', line.indexOf('[nestjs-sockets:')) + 1).trim());
  return { ...known, output, linesOf };
}

describe('A trace', () => {
  it('follows each request over the socket, without data, query, header or credential', async () => {
    const { ids, linesOf, output } = await trace('nestjs-sockets:*');

    expect(linesOf('requests')).toEqual([
      `GET /cards of ${ids.reader}: running`,
      `GET /cards of ${ids.reader}: answered with 200`,
      `POST /cards of ${ids.author}: running`,
      `POST /cards of ${ids.author}: answered with 201`,
    ]);
    expect(output).not.toContain('hunter2');
  });

  it('follows a publication through the rooms, by the id in its delivery note', async () => {
    const { publicationId, linesOf } = await trace('nestjs-sockets:*');

    expect(ROOMS.filter((room) => linesOf(room).length === 0)).toEqual([]);
    expect(linesOf('routes').filter((line) => line.includes('CardsController.create()'))).not.toEqual([]);
    const published = linesOf('resources').filter((line) => line.includes(publicationId));
    expect(published.filter((line) => line.includes('resource:card'))).not.toEqual([]);
  });

  it('names what was revoked, and nothing of what was refused', async () => {
    const { linesOf, output } = await trace('nestjs-sockets:rooms');

    const revoked = linesOf('rooms').filter((line) => line.startsWith('revoke '));
    expect(revoked).toEqual(['revoke {"user":8,"resource":"card","ids":[1]}']);
    expect(output).not.toContain('hunter2');
  });

  it('shows the rooms that DEBUG names, and no others', async () => {
    const { linesOf } = await trace('nestjs-sockets:server,nestjs-sockets:resources,other:*');

    const traced = ROOMS.filter((room) => linesOf(room).length > 0);
    expect(traced).toEqual(['server', 'resources']);
  });

  it('is off unless DEBUG asks for it', async () => {
    const { output } = await trace(undefined);

    expect(output).toBe('');
  });
});
