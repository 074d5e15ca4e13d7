import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { start } from '../../support/application.js';
import { listenTo, type Logs } from '../../support/logs.js';

const SAFE = {
  '@nestjs/platform-socket.io': '12.0.0',
  'socket.io': '4.8.3',
  'engine.io': '6.6.9',
  'socket.io-parser': '4.2.7',
  'socket.io-adapter': '2.5.8',
  ws: '8.21.0',
};

/** Has the process look as if it had been started by a file beside which these versions are installed. */
async function startBeside(versions: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'dependency-versions-'));
  const [, main] = process.argv;
  onTestFinished(async () => {
    process.argv[1] = main;
    await rm(folder, { recursive: true });
  });
  for (const [name, version] of Object.entries(versions)) {
    const file = join(folder, 'node_modules', name, 'package.json');
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, JSON.stringify({ name, version, main: 'index.js', exports: './index.js' }));
    await writeFile(join(dirname(file), 'index.js'), '');
  }
  process.argv[1] = join(folder, 'main.js');
  let logs: Logs | undefined;
  await start({ main: (app) => (logs = listenTo(app)) });
  return logs?.naming('is installed').warnings ?? [];
}

describe('An application beside which vulnerable versions are installed', () => {
  it.each([
    ['engine.io', '6.6.8', '6.6.9'],
    ['engine.io', '5.99.99', '6.6.9'],
    ['socket.io-parser', '4.2.6', '4.2.7'],
    ['socket.io-adapter', '2.4.9', '2.5.8'],
    ['ws', '8.20.1', '8.21.0'],
  ])('is warned of %s %s at boot, and told what to do', async (name, version, safe) => {
    expect(await startBeside({ ...SAFE, [name]: version })).toEqual([
      `SocketsModule: ${name} ${version} is installed, in which clients are known to be able to end the process or to ` +
        `exhaust its memory. Update it to ${safe} or later: npm update ${name}.`,
    ]);
  });

  it.each([
    ['the first versions without that', SAFE],
    ['later ones', { ...SAFE, ws: '9.0.0', 'engine.io': '6.10.0', 'socket.io-parser': '4.2.10' }],
    ['none that can be found', {}],
    ['a version that cannot be read', { ...SAFE, ws: 'latest' }],
  ])('is not warned of %s', async (_, versions) => {
    expect(await startBeside(versions)).toEqual([]);
  });
});
