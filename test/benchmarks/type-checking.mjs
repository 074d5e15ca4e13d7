// How much time of the processor the compiler takes to check a page that calls 200 routes, with a map of them and
// without. After a build.
import { join } from 'node:path';
import ts from 'typescript';

const ROUTES = 200;
const ROUNDS = 3;

const root = join(import.meta.dirname, '../..');
const numbers = Array.from({ length: ROUTES }, (_, n) => n);

/** Entities of ten fields, each with one that refers to another, and a controller's method and a route for each. */
const server = numbers
  .map(
    (n) => `export class Entity${n} {
  id = 1; title = ''; done = false; due: Date | null = null; created = new Date(); tags: string[] = [];
  size?: number; place = { x: 1, y: 2 }; other?: Entity${(n + 1) % ROUTES}; others: Entity${(n + 2) % ROUTES}[] = [];
  isDue(): boolean { return this.done; }
}
export declare class Controller${n} { find(parentId: number): Promise<Entity${n}[]>; }`,
  )
  .join('\n');

const map = numbers.map((n) => `'GET /parents/:parentId/things${n}': Controller${n}['find'];`).join('\n');
const imports = `import { ${numbers.map((n) => `type Controller${n}, type Entity${n}`).join(', ')} } from './server.js';`;
const connects = "import { connect } from 'nestjs-sockets/client';";

const typed = `${connects} ${imports} interface Api { ${map} } const sockets = connect<Api>('http://localhost');
${numbers
  .map(
    (n) => `void sockets.get('/parents/:parentId/things${n}', undefined, { params: { parentId: 7 } })
  .then(({ body }) => body[0]!.due!.slice(0, 10) + body[0]!.title + body[0]!.others[0]!.created.length);`,
  )
  .join('\n')}`;

const untyped = `${connects} ${imports} const sockets = connect('http://localhost');
${numbers
  .map(
    (n) => `void sockets.get<Entity${n}[]>('/parents/7/things${n}')
  .then(({ body }) => body[0]!.due!.getTime() + body[0]!.title + body[0]!.others[0]!.created.getTime());`,
  )
  .join('\n')}`;

for (const [name, page] of [
  ['without a map', untyped],
  ['with a map   ', typed],
]) {
  const rounds = Array.from({ length: ROUNDS }, () => check(page)).toSorted((a, b) => a.time - b.time);
  const { time, instantiations } = rounds[Math.floor(ROUNDS / 2)];
  process.stdout.write(
    `${name}: ${ROUTES} routes checked in ${time.toFixed(0)} ms, ${instantiations} instantiations\n`,
  );
}

/** Checks both files, and says what that took, without reading and binding what they import. */
function check(page) {
  const files = new Map([
    [join(root, 'server.ts'), server],
    [join(root, 'page.ts'), page],
  ]);
  const options = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleDetection: ts.ModuleDetectionKind.Force,
    lib: ['lib.es2023.d.ts', 'lib.dom.d.ts'],
    types: [],
  };
  const host = ts.createCompilerHost(options);
  const program = ts.createProgram([...files.keys()], options, {
    ...host,
    fileExists: (path) => files.has(path) || host.fileExists(path),
    readFile: (path) => files.get(path) ?? host.readFile(path),
    getSourceFile: (path, version) =>
      files.has(path) ? ts.createSourceFile(path, files.get(path), version) : host.getSourceFile(path, version),
  });
  program.getGlobalDiagnostics();
  const start = process.cpuUsage();
  const found = [...files.keys()].flatMap((path) => program.getSemanticDiagnostics(program.getSourceFile(path)));
  const { user, system } = process.cpuUsage(start);
  for (const { messageText } of found) throw new Error(ts.flattenDiagnosticMessageText(messageText, '\n'));
  return { time: (user + system) / 1_000, instantiations: program.getInstantiationCount() };
}
