// Checks the lockfile: one copy of what may exist only once, nothing older than the fixes we rely on, and no address
// that ties it to one registry, which is true of that of the benchmark's Sails as well.
import { readFileSync } from 'node:fs';

const OWN = 'package-lock.json';
const OF_SAILS = 'test/benchmarks/sails/package-lock.json';

const packagesOf = (lockfile) => JSON.parse(readFileSync(lockfile, 'utf8')).packages;

const packages = packagesOf(OWN);

/** Packages of which two copies would be two servers, parsers or adapters that do not know each other. */
const ONE_COPY = ['socket.io', 'engine.io', 'socket.io-parser', 'socket.io-adapter', 'ws', 'rxjs', 'reflect-metadata'];

/** The oldest releases without a known denial-of-service vulnerability. */
const OLDEST = { 'engine.io': '6.6.9', 'socket.io-parser': '4.2.7', 'socket.io-adapter': '2.5.8', ws: '8.21.0' };

/** The tests' old client, which has the dependencies it was released with. No server uses them. */
const OLD_CLIENTS = 'node_modules/socket.io-client-2/';

/** The copies of ws that the tests' foreign adapters demand, one for each major of Nest. No server uses them. */
const OF_FOREIGN_ADAPTERS = ['node_modules/@nestjs/platform-ws/node_modules/ws', 'test/nest-11/node_modules/ws'];

const copiesOf = (name) =>
  Object.entries(packages).filter(
    ([path, { link }]) =>
      !link &&
      !path.startsWith(OLD_CLIENTS) &&
      !OF_FOREIGN_ADAPTERS.includes(path) &&
      `/${path}`.endsWith(`/node_modules/${name}`),
  );

const older = (version, than) => version.localeCompare(than, 'en', { numeric: true }) < 0;

const problems = [
  ...ONE_COPY.filter((name) => copiesOf(name).length !== 1).map(
    (name) =>
      `There must be exactly one copy of ${name}. Found: ${
        copiesOf(name)
          .map(([path]) => path)
          .join(', ') || 'none'
      }`,
  ),
  ...Object.entries(OLDEST).flatMap(([name, oldest]) =>
    copiesOf(name)
      .filter(([, { version }]) => older(version, oldest))
      .map(([path, { version }]) => `${path} is ${version}, but must be at least ${oldest}`),
  ),
  ...[OWN, OF_SAILS].flatMap((lockfile) =>
    Object.entries(packagesOf(lockfile))
      .filter(([, { resolved }]) => /^[a-z+]+:/.test(resolved ?? ''))
      .map(
        ([path]) =>
          `${lockfile}: ${path} has its download address: npm config set omit-lockfile-registry-resolved true, and install`,
      ),
  ),
];

for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log(`${Object.keys(packages).length} packages, all as required`);
