// Builds dist/: each entry point as one ES module, as one CommonJS module, and as one file of declarations for either;
// and the program.
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';
import { execFileSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

const root = join(import.meta.dirname, '..');
const dist = join(root, 'dist');

/** The output of tsc, one file for each file of src/: the `outDir` of tsconfig.build.json. */
const compiled = join(root, '.build');

const entries = [
  { name: 'index', platform: 'node' },
  // Pages without a bundler import it by this path.
  { name: 'client/index', source: 'front-ends/client/index', platform: 'neutral' },
  { name: 'server/cluster/engines/node-cluster', platform: 'node' },
  { name: 'server/cluster/engines/postgres', platform: 'node' },
  { name: 'server/cluster/engines/redis', platform: 'node' },
  { name: 'transactions/nestjs-cls', platform: 'node' },
  { name: 'transactions/typeorm', platform: 'node' },
  { name: 'server/cluster/health/terminus', platform: 'node' },
  { name: 'server/cluster/health/prometheus', platform: 'node' },
  // Marked for React, which runs nothing of it on a server that renders components only there.
  { name: 'front-ends/react/index', platform: 'neutral', banner: `'use client';` },
  { name: 'front-ends/tanstack-db/index', platform: 'neutral' },
  { name: 'front-ends/tanstack-query/index', platform: 'neutral' },
  { name: 'front-ends/vue/index', platform: 'neutral' },
  { name: 'module/documents/swagger', platform: 'node' },
  { name: 'module/documents/asyncapi', platform: 'node' },
  // The program that npm installs as `nestjs-sockets`, which nobody imports.
  { name: 'module/documents/types/bin', platform: 'node', isProgram: true },
];

/**
 * Other front ends take the client from where the application takes it: its instances and types have to be the same,
 * and no page needs it twice.
 */
const client = { path: /\/client\/index\.js$/, name: 'nestjs-sockets/client' };
const nowhere = 'the-client-that-is-not-built';

const formats = [
  { format: 'esm', extension: 'js', sourcemap: true },
  // Only tools that can't `require` an ES module load this one. It is readable enough without a source map.
  { format: 'cjs', extension: 'cjs', sourcemap: false },
];

/** The peers that a Nest application may lack: all peers are optional, since a page needs none of Nest's. */
const forgettable = ['@nestjs/platform-socket.io', '@nestjs/websockets'];

/**
 * The name of the file through which the library imports them. When one is missing, Node's error names it and the file
 * that imports it, but runs no code of that file. So the name of the file says which packages to install.
 */
const reminder = `install-${forgettable.map((peer) => peer.replace('/', '-')).join('-and-')}`;

/**
 * Errors are classes that applications compare with, so each has one copy: other entry points import those of the main
 * one, under the same names.
 */
const errors = /\/(common\/common|server\/server|resources\/resources|routes\/routes)\.errors\.js$/;

/** The names that the library imports from each of the forgettable peers. */
const imported = new Map(forgettable.map((peer) => [peer, new Set()]));

for (const folder of [dist, compiled]) rmSync(folder, { recursive: true, force: true });
compile();
nameClientInDeclarations();
for (const entry of entries) await bundle(entry);
writeReminders();
// Last, so that a build that was interrupted lacks something that package.json exports.
rollUpDeclarations(entries.filter(({ isProgram }) => !isProgram));

/** Compiles with tsc, which emits the types of parameters as the metadata that Nest's injector needs. */
function compile() {
  const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [tsc, '--project', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
}

async function bundle({ name, source = name, platform, banner, isProgram = false }) {
  const bundled = await rolldown({
    input: join(compiled, `${source}.js`),
    platform,
    // Everything that is not a file of ours is a peer, except for the helpers of decorators.
    external: (id) =>
      (/^[^./]/.test(id) && id !== 'tslib') ||
      (name !== 'index' && errors.test(id)) ||
      (name.startsWith('front-ends/') && client.path.test(id)),
    plugins: [{ name: 'compiled', load: loadCompiled }],
    onLog: (_level, { message }) => {
      throw new Error(message);
    },
  });
  for (const { format, extension, sourcemap } of isProgram ? formats.slice(0, 1) : formats) {
    await bundled.write({
      dir: dist,
      format,
      sourcemap,
      banner,
      entryFileNames: `${name}.${extension}`,
      codeSplitting: false,
      paths: (id) => {
        if (errors.test(id)) return `./index.${extension}`;
        if (client.path.test(id)) return client.name;
        return forgettable.includes(id) ? `./${reminder}.${extension}` : id;
      },
    });
  }
  await bundled.close();
}

/** Gives the bundler tsc's source maps along with the code, so that debuggers show the sources. */
function loadCompiled(id) {
  if (!id.startsWith(compiled)) return null;
  const code = readFileSync(id, 'utf8');
  for (const [, names, from] of code.matchAll(/^import \{ (.+) \} from '(.+)';$/gm)) {
    for (const name of names.split(', ')) imported.get(from)?.add(name.split(' as ')[0]);
  }
  return { code, map: readFileSync(`${id}.map`, 'utf8') };
}

function writeReminders() {
  const sentence = `a server needs ${forgettable.join(' and ')}. npm install ${forgettable.join(' ')}`;
  const exports = [...imported].map(([peer, names]) => `export { ${[...names].join(', ')} } from '${peer}';`);
  writeFileSync(join(dist, `${reminder}.js`), `// nestjs-sockets: ${sentence}\n${exports.join('\n')}\n`);
  writeFileSync(
    join(dist, `${reminder}.cjs`),
    `try {
  module.exports = { ${forgettable.map((peer) => `...require('${peer}')`).join(', ')} };
} catch (error) {
  if (error.code !== 'MODULE_NOT_FOUND') throw error;
  throw new Error('nestjs-sockets: ${sentence}', { cause: error });
}
`,
  );
}

/**
 * Has the declarations of front ends import the client by a name that leads nowhere yet: what is found is copied into
 * the declarations of each entry point, and a class with private members is no other's.
 */
function nameClientInDeclarations() {
  for (const file of readdirSync(join(compiled, 'front-ends'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.d.ts')) continue;
    const path = join(compiled, 'front-ends', file);
    const text = readFileSync(path, 'utf8').replace(/(['"])(?:\.\.?\/)+client\/index\.js\1/g, `'${nowhere}'`);
    const [inside] = /['"](?:\.\.?\/)+client\/.*['"]/.exec(text) ?? [];
    if (inside) throw new Error(`${file} imports ${inside}: front ends import what client/index.js exports`);
    writeFileSync(path, text);
  }
}

/**
 * Writes what each entry point exports, and the types that it refers to, into one file, with their TSDoc. The compiler
 * reads the declarations once for all of them.
 */
function rollUpDeclarations(importable) {
  const configs = importable.map(rollupOf);
  const additionalEntryPoints = configs.map(({ mainEntryPointFilePath }) => mainEntryPointFilePath);
  const compilerState = CompilerState.create(configs[0], { additionalEntryPoints });
  for (const config of configs) {
    const file = config.untrimmedFilePath;
    const { succeeded } = Extractor.invoke(config, {
      compilerState,
      messageCallback: (message) => {
        message.handled = message.logLevel !== ExtractorLogLevel.Error;
      },
    });
    if (!succeeded) throw new Error(`${file} could not be rolled up into one file`);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(nowhere, client.name));
    // The same declarations for `require`: their extension tells the compiler that the module is CommonJS.
    copyFileSync(file, file.replace(/\.ts$/, '.cts'));
  }
}

function rollupOf({ name, source = name }) {
  const quiet = { logLevel: ExtractorLogLevel.None };
  return ExtractorConfig.prepare({
    packageJsonFullPath: join(root, 'package.json'),
    configObjectFullPath: undefined,
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: join(compiled, `${source}.d.ts`),
      newlineKind: 'lf',
      compiler: { tsconfigFilePath: join(root, 'tsconfig.build.json') },
      apiReport: { enabled: false },
      docModel: { enabled: false },
      tsdocMetadata: { enabled: false },
      dtsRollup: { enabled: true, untrimmedFilePath: join(dist, `${name}.d.ts`) },
      messages: {
        compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
        extractorMessageReporting: {
          default: { logLevel: ExtractorLogLevel.Error },
          'ae-forgotten-export': quiet,
          'ae-missing-release-tag': quiet,
        },
        // TypeDoc checks the comments.
        tsdocMessageReporting: { default: quiet },
      },
    },
  });
}
