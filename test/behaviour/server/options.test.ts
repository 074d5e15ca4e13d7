import { Test } from '@nestjs/testing';
import { Adapter } from 'socket.io-adapter';
import { describe, expect, it } from 'vitest';
import { cluster, InvalidOptionsError, SocketsModule, type SocketsModuleOptions } from '../../../src/index.js';

/** What each mistake must be answered with: the option, and what it may be. */
const mistakes: Array<[given: unknown, option: string, allowed: RegExp]> = [
  [{ port: 3000 }, 'port', /left out.*server, origins, maxNesting, requestTimeout, resources/],
  [{ cors: true }, 'cors', /left out: there is no option of that name/],
  [{ constructor: 1 }, 'constructor', /left out/],
  [{ server: 3000 }, 'server', /an object of Socket\.IO server options/],
  [{ server: null }, 'server', /an object/],
  [{ server: [] }, 'server', /an object/],
  [{ server: new Map() }, 'server', /an object/],
  [{ server: { pingIntervall: 1 } }, 'server.pingIntervall', /left out.*pingTimeout, pingInterval/],
  [{ server: { namespace: '/admin' } }, 'server.namespace', /left out: there is no option of that name/],
  [{ server: { connectionStateRecovery: {} } }, 'server.connectionStateRecovery', /left out: .*before authorizing/],
  [
    { server: { path: 'socket.io' } },
    'server.path',
    /a path that begins with "\/" and goes on, such as "\/socket\.io"/,
  ],
  [{ server: { path: '/' } }, 'server.path', /begins with "\/" and goes on/],
  [{ server: { path: '/io?x' } }, 'server.path', /such as "\/socket\.io"/],
  [{ server: { path: 1 } }, 'server.path', /a path/],
  [{ server: { serveClient: 'no' } }, 'server.serveClient', /true or false/],
  [{ server: { adapter: {} } }, 'server.adapter', /a function that makes a Socket\.IO adapter/],
  [{ cluster: 'redis' }, 'cluster', /what redis\(\) of nestjs-sockets\/redis, .* or cluster\(\{ adapter \}\) returns/],
  [{ cluster: { adapter: Adapter } }, 'cluster', /what redis\(\)/],
  [
    { cluster: cluster({ adapter: Adapter }), server: { adapter: Adapter } },
    'server.adapter',
    /left out beside .*"cluster"/,
  ],
  [{ serve: 'no' }, 'serve', /true or false/],
  [{ serve: false }, 'serve', /true, or given together with "cluster"/],
  [{ server: { parser: {} } }, 'server.parser', /an Encoder and a Decoder/],
  [{ server: { parser: null } }, 'server.parser', /an Encoder and a Decoder/],
  [{ server: { connectTimeout: 0 } }, 'server.connectTimeout', /a whole number of milliseconds, from 1 to 2147483647/],
  [{ server: { pingTimeout: '20s' } }, 'server.pingTimeout', /a whole number of milliseconds/],
  [{ server: { pingInterval: -1 } }, 'server.pingInterval', /a whole number of milliseconds/],
  [{ server: { pingInterval: 2 ** 31 } }, 'server.pingInterval', /to 2147483647/],
  [{ server: { upgradeTimeout: 1.5 } }, 'server.upgradeTimeout', /a whole number of milliseconds/],
  [{ server: { destroyUpgradeTimeout: NaN } }, 'server.destroyUpgradeTimeout', /a whole number of milliseconds/],
  [{ server: { maxHttpBufferSize: Infinity } }, 'server.maxHttpBufferSize', /a whole number of bytes, from 1/],
  [{ server: { maxHttpBufferSize: '1mb' } }, 'server.maxHttpBufferSize', /a whole number of bytes/],
  [{ server: { allowRequest: true } }, 'server.allowRequest', /a function that calls answer\(null, true\)/],
  [{ server: { transports: 'websocket' } }, 'server.transports', /an array of one or more of "polling", "websocket"/],
  [{ server: { transports: [] } }, 'server.transports', /one or more/],
  [{ server: { transports: ['websockets'] } }, 'server.transports', /"polling", "websocket", "webtransport"/],
  [{ server: { allowUpgrades: 1 } }, 'server.allowUpgrades', /true or false/],
  [{ server: { perMessageDeflate: 1024 } }, 'server.perMessageDeflate', /true, false or an object/],
  [{ server: { httpCompression: 'gzip' } }, 'server.httpCompression', /true, false or an object/],
  [{ server: { wsEngine: 'eiows' } }, 'server.wsEngine', /a function that is a class of WebSocket servers/],
  [{ server: { cookie: 'io' } }, 'server.cookie', /true, false or an object such as/],
  [{ server: { cors: true } }, 'server.cors', /an object of options of the cors package/],
  [{ server: { cors: () => undefined } }, 'server.cors', /the option "origins"/],
  [{ server: { cors: { origins: '*' } } }, 'server.cors.origins', /left out.*origin, methods/],
  [{ server: { cors: { origin: 'example.com' } } }, 'server.cors.origin', /"\*", true, false, an origin such as/],
  [{ server: { cors: { origin: ['*'] } } }, 'server.cors.origin', /an array of these two/],
  [{ server: { cors: { origin: 'https://example.com/' } } }, 'server.cors.origin', /"https:\/\/example\.com" instead/],
  [{ server: { cors: { methods: 1 } } }, 'server.cors.methods', /a string or an array of strings/],
  [{ server: { cors: { allowedHeaders: [1] } } }, 'server.cors.allowedHeaders', /a string or an array/],
  [{ server: { cors: { exposedHeaders: {} } } }, 'server.cors.exposedHeaders', /a string or an array/],
  [{ server: { cors: { credentials: 'include' } } }, 'server.cors.credentials', /true or false/],
  [{ server: { cors: { maxAge: '1h' } } }, 'server.cors.maxAge', /a whole number of seconds/],
  [{ server: { allowEIO3: 'yes' } }, 'server.allowEIO3', /true or false/],
  [{ server: { destroyUpgrade: 0 } }, 'server.destroyUpgrade', /true or false/],
  [{ server: { addTrailingSlash: '' } }, 'server.addTrailingSlash', /true or false/],
  [{ server: { cleanupEmptyChildNamespaces: null } }, 'server.cleanupEmptyChildNamespaces', /true or false/],
  [{ origins: 'https://example.com' }, 'origins', /"\*", an array of origins .* or a function/],
  [{ origins: ['*'] }, 'origins', /"\*", an array of origins/],
  [{ origins: ['example.com'] }, 'origins', /scheme, host and port/],
  [{ origins: [42] }, 'origins', /an array of origins/],
  [{ origins: true }, 'origins', /a function/],
  [{ origins: ['https://example.com/'] }, 'origins', /"https:\/\/example\.com" instead of "https:\/\/example\.com\/"/],
  [
    { origins: ['https://a.example', 'https://EXAMPLE.com:443'] },
    'origins',
    /spelled as browsers do: "https:\/\/example\.com"/,
  ],
  [{ origins: ['https://example.com/app'] }, 'origins', /"https:\/\/example\.com" instead/],
  [{ origins: ['https://bücher.example'] }, 'origins', /"https:\/\/xn--bcher-kva\.example" instead/],
  [{ maxNesting: 0 }, 'maxNesting', /a whole number of levels, from 1 to 1000/],
  [{ maxNesting: 1_001 }, 'maxNesting', /to 1000/],
  [{ maxNesting: '32' }, 'maxNesting', /a whole number of levels/],
  [{ journal: { timeout: 149 } }, 'journal.timeout', /a whole number of milliseconds, from 150 to 30000/],
  [{ journal: { timeout: 30_001 } }, 'journal.timeout', /from 150 to 30000/],
  [{ requestTimeout: 0 }, 'requestTimeout', /a whole number of milliseconds, from 1/],
  [{ requestTimeout: Infinity }, 'requestTimeout', /to 2147483647/],
  [{ requestTimeout: null }, 'requestTimeout', /a whole number of milliseconds/],
  [{ resources: ['user'] }, 'resources', /an object of resource options by resource name/],
  [{ resources: { user: true } }, 'resources', /such as \{ user: \{ idType: "number" \} \}/],
];

/** Every option, as it may be. */
const rightOnes: SocketsModuleOptions = {
  server: {
    path: '/realtime/',
    serveClient: false,
    connectTimeout: 1_000,
    cleanupEmptyChildNamespaces: true,
    pingTimeout: 1,
    pingInterval: 2 ** 31 - 1,
    upgradeTimeout: 1_000,
    maxHttpBufferSize: 10,
    allowRequest: (_request, answer) => answer(null, true),
    transports: ['polling', 'websocket', 'webtransport'],
    allowUpgrades: false,
    perMessageDeflate: { threshold: 1 },
    httpCompression: false,
    initialPacket: 'hello',
    cookie: { name: 'io' },
    cors: {
      origin: ['https://example.com', /\.example\.com$/],
      methods: ['GET', 'POST'],
      maxAge: 10,
      credentials: true,
    },
    allowEIO3: true,
    destroyUpgrade: false,
    destroyUpgradeTimeout: 10,
    addTrailingSlash: false,
    adapter: undefined,
  },
  origins: ['https://example.com', 'http://localhost:5173', 'capacitor://localhost', 'null', 'file://', /example/],
  maxNesting: 1_000,
  requestTimeout: 1,
  journal: { timeout: 150, maxAge: 1 },
  resources: { user: { idType: 'number' }, pet: {} },
};

const boot = async (module: ReturnType<typeof SocketsModule.forRoot>): Promise<void> => {
  const testing = await Test.createTestingModule({ imports: [module] }).compile();
  await testing.close();
};

describe('the options of SocketsModule', () => {
  it('are all of them optional, and each may be undefined', async () => {
    await boot(SocketsModule.forRoot());
    await boot(SocketsModule.forRoot({}));
    await boot(
      SocketsModule.forRoot({
        server: { path: undefined, cors: undefined },
        origins: undefined,
        maxNesting: undefined,
      }),
    );
    await boot(SocketsModule.forRootAsync({ useFactory: () => ({ requestTimeout: undefined }) }));
  });

  it('may be all that they are said to be', async () => {
    await boot(SocketsModule.forRoot(rightOnes));
    await boot(SocketsModule.forRoot({ origins: '*' }));
    await boot(SocketsModule.forRoot({ origins: () => true, server: { cookie: true, perMessageDeflate: true } }));
    await boot(SocketsModule.forRoot({ origins: [], server: { cors: { origin: '*' } } }));
    await boot(SocketsModule.forRoot({ server: { cors: { origin: (_origin, allow) => allow(null, true) } } }));
  });

  it.each(mistakes)('refuses %j: the error names %s and what it may be', async (given, option, allowed) => {
    const error = await boot(SocketsModule.forRoot(given as SocketsModuleOptions)).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect(error).toMatchObject({ code: 'INVALID_OPTIONS', name: 'InvalidOptionsError' });
    expect((error as Error).message).toContain(`the option "${option}" must be `);
    expect((error as Error).message).toMatch(allowed);
  });

  it.each(mistakes)('refuses %j from a factory too', async (given, option, allowed) => {
    const module = SocketsModule.forRootAsync({ useFactory: () => Promise.resolve(given as SocketsModuleOptions) });
    const error = await boot(module).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(InvalidOptionsError);
    expect((error as Error).message).toContain(`the option "${option}" must be `);
    expect((error as Error).message).toMatch(allowed);
  });

  it.each([null, 'options', 3000, [], Promise.resolve({}), new Map()])('refuses %o for options', (given) => {
    expect(() => SocketsModule.forRoot(given as SocketsModuleOptions)).toThrow(InvalidOptionsError);
    expect(() => SocketsModule.forRoot(given as SocketsModuleOptions)).toThrow(/must be an object/);
  });

  it.each([null, undefined, 'options', [], new Map()])('refuses %o from a factory', async (given) => {
    const module = SocketsModule.forRootAsync({ useFactory: () => given as SocketsModuleOptions });

    await expect(boot(module)).rejects.toThrow(/must be an object.*a factory that returns the options/);
  });

  it('refuse an isGlobal that is neither true nor false', () => {
    const options = { isGlobal: 'no' } as unknown as { isGlobal: boolean };

    expect(() => SocketsModule.forRoot(options)).toThrow(/the option "isGlobal" must be true or false/);
    expect(() => SocketsModule.forRootAsync({ useFactory: () => ({}), ...options })).toThrow(/"isGlobal"/);
  });

  it('refuse an isGlobal that comes from a factory, which is too late', async () => {
    const options = { isGlobal: false } as SocketsModuleOptions;

    await expect(boot(SocketsModule.forRootAsync({ useFactory: () => options }))).rejects.toThrow(
      /the option "isGlobal" must be given beside useFactory/,
    );
  });
});

type AsyncOptions = Parameters<typeof SocketsModule.forRootAsync>[0];

/** Has no method that makes options. */
class Powerless {}

const asyncMistakes: Array<[given: unknown, option: string, allowed: RegExp]> = [
  [{}, 'useFactory, useClass or useExisting', /given, one of the three/],
  [{ useFactory: () => ({}), useClass: Powerless }, 'useClass', /a method createSocketsOptions\(\)/],
  [{ useFactory: () => ({}), useExisting: Powerless }, 'useFactory, useExisting', /one of the three/],
  [{ useFactory: { server: {} } }, 'useFactory', /a function that gives the options/],
  [{ useClass: Powerless }, 'useClass', /a class that has a method createSocketsOptions\(\)/],
  [{ useClass: 'Configuration' }, 'useClass', /a class/],
  [{ useFactory: () => ({}), inject: 'CONFIG' }, 'inject', /an array of injection tokens/],
  [{ useFactory: () => ({}), imports: Powerless }, 'imports', /an array of modules/],
  [{ useFactory: () => ({}), origins: '*' }, 'origins', /left out.*imports, inject, useFactory, useClass, useExisting/],
  [null, '(all of them)', /an object/],
];

describe('forRootAsync', () => {
  it.each(asyncMistakes)('refuses %j: the error names %s and what it may be', (given, option, allowed) => {
    const configure = (): unknown => SocketsModule.forRootAsync(given as AsyncOptions);

    expect(configure).toThrow(InvalidOptionsError);
    expect(configure).toThrow(`the option "${option}" must be `);
    expect(configure).toThrow(allowed);
  });
});
