// Checks `npm start`, or the script that is named, as in the README: the application must start, respond, at the path
// that is named after it, and stop when it is told to.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

const [, , script = 'start', path = '/'] = process.argv;
const folder = mkdtempSync(join(tmpdir(), 'nestjs-sockets-start-'));
const port = await freePort();

// A process group of its own: a signal must reach the application, which is npm's grandchild.
const npm = spawn('npm', ['run', script], {
  detached: true,
  stdio: ['ignore', 'inherit', 'inherit'],
  env: { ...process.env, PORT: String(port), DATABASE: join(folder, 'board.sqlite') },
});
const group = 0 - Number(npm.pid);
const ended = new Promise((resolve) => npm.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`)));

try {
  const page = await answer(`http://localhost:${port}${path}`);
  if (page.status !== 200) throw new Error(`GET ${path} responded with ${page.status}`);
  console.log(`GET ${path} responded with ${page.status}, ${page.headers.get('content-type')}`);
  process.kill(group, 'SIGTERM');
  const end = await Promise.race([ended, wait(60_000, undefined, { ref: false })]);
  if (end === undefined) throw new Error(`npm run ${script} did not end within a minute of SIGTERM`);
  console.log(`npm run ${script} ended after SIGTERM: ${end}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  kill();
  rmSync(folder, { recursive: true, force: true });
}

/** Retries until there is a response: the build before the start may take a while. */
async function answer(url) {
  const end = ended.then((how) => Promise.reject(new Error(`npm run ${script} ended before it responded: ${how}`)));
  const patience = wait(180_000, undefined, { ref: false }).then(() =>
    Promise.reject(new Error(`${url} did not respond within three minutes`)),
  );
  for (;;) {
    const response = await Promise.race([fetch(url).catch(() => undefined), end, patience]);
    if (response) return response;
    await Promise.race([wait(250), end, patience]);
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, () => {
      const address = server.address();
      server.close(() => resolve(address.port));
    });
  });
}

function kill() {
  try {
    process.kill(group, 'SIGKILL');
  } catch {
    // It has already ended.
  }
}
