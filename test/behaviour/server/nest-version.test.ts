import { Controller, Get } from '@nestjs/common';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { readFileSync } from 'node:fs';
import { describe, expect, inject, it } from 'vitest';
import { SocketsIoAdapter, SocketsModule } from '../../../src/index.js';
import { start } from '../../support/application.js';

/**
 * The packages of Nest that a call stack goes through, and their versions as they are installed where the code was
 * loaded from.
 */
function nestOn(stack: string | undefined): Record<string, string> {
  const folders = (stack ?? '').matchAll(/((?:\/[^/\s:()]+)+\/node_modules\/(@nestjs\/[\w.-]+))\//g);
  return Object.fromEntries(
    [...folders].map(([, folder, name]) => {
      const { version } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8')) as { version: string };
      return [name, version];
    }),
  );
}

describe('the suite', () => {
  it('runs on the major version of Nest that its project is named after', async () => {
    const stacks: Array<string | undefined> = [];
    const capture = (): void => {
      // Every frame counts: the packages of Nest are far apart on the stack.
      Error.stackTraceLimit = 200;
      stacks.push(new Error('only for its stack').stack);
    };

    @Controller('stack')
    class StackController {
      @Get()
      async get() {
        capture();
        return Promise.resolve({});
      }
    }

    class CapturingAdapter extends SocketsIoAdapter {
      override createIOServer(...args: Parameters<SocketsIoAdapter['createIOServer']>) {
        capture();
        return super.createIOServer(...args);
      }
    }

    const app = await start({
      imports: [SocketsModule.forRoot()],
      controllers: [StackController],
      main: (nest) => nest.useWebSocketAdapter(new CapturingAdapter(nest)),
    });
    await app.request('GET', '/stack');

    const versions = nestOn(stacks.join('\n'));
    expect(Object.keys(versions)).toEqual(
      expect.arrayContaining(['@nestjs/core', '@nestjs/websockets', '@nestjs/platform-socket.io']),
    );
    const majors = new Set(Object.values(versions).map((version) => version.split('.')[0]));
    expect([...majors], JSON.stringify(versions)).toEqual([String(inject('nest'))]);
    // The library's sources and the tests have one copy of it.
    expect(app.nest.get(SocketsModule)).toBeDefined();
    expect(new CapturingAdapter(app.nest)).toBeInstanceOf(IoAdapter);
  });
});
