import { type INestApplication, type Type, VersioningType } from '@nestjs/common';
import { type AbstractHttpAdapter, ModulesContainer, NestFactory, RouterModule, type Routes } from '@nestjs/core';
import { ROUTES } from '@nestjs/core/router/router-module.js';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TypesArguments } from './arguments.js';
import { CommandError } from './command-error.js';

/** Nest's own metadata of modules. */
const MODULE_METADATA = ['imports', 'controllers', 'providers', 'exports'];

type Exports = Readonly<Record<string, unknown>>;

/**
 * Boots the application in Nest's preview mode: modules are read, and no provider and no controller is made, so that
 * nothing connects to a database and nothing listens.
 *
 * @throws CommandError
 */
export async function bootPreview(asked: TypesArguments): Promise<INestApplication> {
  const root = await findRootModule(asked);
  const options = { preview: true, logger: false, abortOnError: false } as const;
  const adapter = await makeOtherAdapter(resolve(asked.file));
  const app = await (adapter ? NestFactory.create(root, adapter, options) : NestFactory.create(root, options));
  giveModulesTheirPaths(app.get(ModulesContainer));
  if (asked.prefix !== undefined) app.setGlobalPrefix(asked.prefix);
  if (asked.versioning) app.enableVersioning({ type: VersioningType.URI });
  if (asked.setup !== undefined) await setUp(app, asked.setup);
  return app;
}

/** Does what `RouterModule` does when it is made, which it is not. */
function giveModulesTheirPaths(modules: ModulesContainer): void {
  for (const { metatype, providers } of modules.values()) {
    const routes = providers.get(ROUTES)?.instance as Routes | undefined;
    if (metatype === RouterModule && routes) void new RouterModule(modules, routes);
  }
}

async function findRootModule({ file, module: named }: TypesArguments): Promise<Type> {
  const exports = await load(file);
  const modules = Object.entries(exports).filter(([, value]) => isModule(value));
  const names = modules.map(([name]) => name).sort();
  const [only, ...others] = named === undefined ? modules : modules.filter(([name]) => name === named);
  if (only && others.length === 0) return only[1] as Type;
  if (named !== undefined)
    throw new CommandError(
      `${file} exports no module "${named}". ` +
        `It exports ${names.length > 0 ? `the modules ${names.join(', ')}` : 'none'}.`,
    );
  throw new CommandError(
    only
      ? `${file} exports several modules. Say which is the root module: --module ${names.join(', or --module ')}.`
      : `${file} exports no class with @Module() (it exports ${Object.keys(exports).join(', ') || 'nothing'}). ` +
          `Give the compiled file of the root module, such as dist/app.module.js.`,
  );
}

/** Loads a compiled file, and returns its exports, whichever module system it was compiled to. */
async function load(file: string): Promise<Exports> {
  const path = resolve(file);
  if (/\.[cm]?ts$/.test(path))
    throw new CommandError(`${file} is TypeScript. Compile it, and give the compiled file: ${guessCompiled(file)}.`);
  if (!existsSync(path))
    throw new CommandError(
      `There is no file ${relative(process.cwd(), path)}. Compile the application first (npm run build), and give ` +
        `the compiled file of the root module, such as dist/app.module.js.`,
    );
  if (/\bNestFactory\b/.test(readFileSync(path, 'utf8')))
    throw new CommandError(
      `${file} starts the application, which this command must not do. Give the compiled file of the root module, ` +
        `such as dist/app.module.js.`,
    );
  const { default: common, ...named } = (await import(pathToFileURL(path).href)) as Exports;
  // Of a CommonJS module, `default` is all that it exports.
  const all = { ...(typeof common === 'function' ? { default: common } : (common as Exports | undefined)), ...named };
  return Object.fromEntries(Object.entries(all).filter(([name]) => name !== '__esModule' && name !== 'module.exports'));
}

function guessCompiled(file: string): string {
  return file.replace(/(^|\/)src\//, '$1dist/').replace(/ts$/, 'js');
}

function isModule(value: unknown): boolean {
  return typeof value === 'function' && MODULE_METADATA.some((key) => Reflect.hasMetadata(key, value));
}

/** Returns the adapter of an application on Fastify; `undefined` for the one that Nest takes by itself. */
async function makeOtherAdapter(file: string): Promise<AbstractHttpAdapter | undefined> {
  const [express, fastify] = ['express', 'fastify'].map((name) => find(`@nestjs/platform-${name}`, file));
  if (express !== undefined) return undefined;
  if (fastify === undefined)
    throw new CommandError(
      `Neither @nestjs/platform-express nor @nestjs/platform-fastify is installed where ${file} is, so the ` +
        `application has no routes.`,
    );
  const { FastifyAdapter } = (await import(pathToFileURL(fastify).href)) as {
    FastifyAdapter: Type<AbstractHttpAdapter>;
  };
  return new FastifyAdapter();
}

function find(name: string, from: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

async function setUp(app: INestApplication, file: string): Promise<void> {
  const exports = await load(file);
  const functions = Object.entries(exports).filter(([, value]) => typeof value === 'function');
  const chosen = exports.setup ?? (functions.length === 1 ? functions[0][1] : undefined);
  if (typeof chosen !== 'function')
    throw new CommandError(
      `${file} has to export one function that sets up an application, or one named "setup"; it exports ` +
        `${functions.map(([name]) => name).join(', ') || 'none'}.`,
    );
  try {
    await (chosen as (app: INestApplication) => unknown)(app);
  } catch (error) {
    throw new CommandError(
      `The function of ${file} failed: ${(error as Error).message}. It is called in Nest's preview mode, in which ` +
        `there are no providers: it may set the prefix and the versioning, and should get no provider.`,
      { cause: error },
    );
  }
}
