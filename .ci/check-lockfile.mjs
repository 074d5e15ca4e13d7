// The lockfile, as it must be: one copy of what may exist only once, nothing older than the fixes we rely on, and no address
// that ties it to one registry.
import { readFileSync } from 'node:fs';

const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8'));

/** Two copies are two servers, parsers or adapters that do not know each other. */
const ONE_COPY = ['socket.io', 'engine.io', 'socket.io-parser', 'socket.io-adapter', 'ws', 'rxjs', 'reflect-metadata'];

/** The oldest releases without a known way to bring a server down from outside. */
const OLDEST = { 'engine.io': '6.6.9', 'socket.io-parser': '4.2.7', 'socket.io-adapter': '2.5.8', ws: '8.21.0' };

/** The tests' old clients bring what they were released with; no server has a part in it. */
const OLD_CLIENTS = 'node_modules/socket.io-client-2/';

const copiesOf = (name) =>
  Object.entries(packages).filter(
    ([path, { link }]) => !link && !path.startsWith(OLD_CLIENTS) && `/${path}`.endsWith(`/node_modules/${name}`),
  );

const older = (version, than) => version.localeCompare(than, 'en', { numeric: true }) < 0;

const problems = [
  ...ONE_COPY.filter((name) => copiesOf(name).length !== 1).map(
    (name) =>
      `${name} must be there once, and is at: ${
        copiesOf(name)
          .map(([path]) => path)
          .join(', ') || 'no place'
      }`,
  ),
  ...Object.entries(OLDEST).flatMap(([name, oldest]) =>
    copiesOf(name)
      .filter(([, { version }]) => older(version, oldest))
      .map(([path, { version }]) => `${path} is ${version}, and must be at least ${oldest}`),
  ),
  ...Object.entries(packages)
    .filter(([, { resolved }]) => /^[a-z+]+:/.test(resolved ?? ''))
    .map(
      ([path]) =>
        `${path} carries the address it was downloaded from: npm config set omit-lockfile-registry-resolved true`,
    ),
];

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${Object.keys(packages).length} packages, as they must be`);
