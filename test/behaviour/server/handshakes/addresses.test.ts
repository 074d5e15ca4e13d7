import type { INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { SocketsModule, type SocketsLimits } from '../../../../src/index.js';
import { start, type TestApplication } from '../../../support/application.js';
import { listenTo, type Logs } from '../../../support/logs.js';
import { platformBehind } from '../../../support/platform-differences.js';
import { platform, type Platform } from '../../../support/platforms.js';
import { upgrade } from '../support/upgrade.js';

const startWith = (
  on: Platform,
  limits: SocketsLimits = {},
  main?: (app: INestApplication) => void,
): Promise<TestApplication> =>
  start({ platform: on, main, imports: [SocketsModule.forRoot({ limits: { connectionsPerAddress: 1, ...limits } })] });

/** Connects for each of these clients, and says how each was answered. They stay connected. */
async function connectFor(app: TestApplication, forwardedFor: string[]): Promise<number[]> {
  const statuses: number[] = [];
  for (const address of forwardedFor) {
    statuses.push((await upgrade(app.url, { 'x-forwarded-for': address })).status);
  }
  return statuses;
}

describe('The address that a handshake is counted by', () => {
  it.each<[string, boolean | string | string[]]>([
    ['that is on this host', 'loopback'],
    ['that is named by its address', '127.0.0.1'],
    ['that is in a list', ['10.0.0.0/8', '127.0.0.1']],
    ['whoever it is', true],
  ])('is the one that a proxy names, if the application trusts the proxy %s', async (_, proxies) => {
    const app = await startWith(platformBehind(proxies));
    expect(await connectFor(app, ['203.0.113.1', '203.0.113.2', '203.0.113.1'])).toEqual([101, 101, 429]);
  });

  it('is the last one that no trusted proxy has, whatever a client claims before it', async () => {
    const app = await startWith(platformBehind(['127.0.0.1', '10.0.0.1']));
    const claims = ['198.51.100.1, 203.0.113.1, 10.0.0.1', '198.51.100.2, 203.0.113.1', '203.0.113.2'];
    expect(await connectFor(app, claims)).toEqual([101, 429, 101]);
  });

  it('is that of the connection where the application trusts no proxy, or not this one', async () => {
    for (const on of [platform, platformBehind('10.0.0.0/8')]) {
      expect(await connectFor(await startWith(on), ['203.0.113.1', '203.0.113.2'])).toEqual([101, 429]);
    }
  });

  it.each([
    [
      'of a network of IPv6, since whoever has one of its addresses has all',
      '2001:db8:1:2::1',
      '2001:db8:1:2:f::9',
      429,
    ],
    ['of a network of IPv6, and not of its neighbour', '2001:db8:1:2::1', '2001:db8:1:3::1', 101],
    ['of IPv4, however it is written', '203.0.113.7', '::ffff:203.0.113.7', 429],
    ['of IPv4, in hexadecimal', '203.0.113.7', '::ffff:cb00:7107', 429],
    [
      'of IPv4 that was translated to IPv6, and not of the translator',
      '64:ff9b::203.0.113.7',
      '64:ff9b::cb00:7108',
      101,
    ],
  ])('is that %s', async (_, one, other, status) => {
    const app = await startWith(platform, { addressOf: ({ headers }) => headers['x-forwarded-for'] as string });
    expect(await connectFor(app, [one, other])).toEqual([101, status]);
  });

  it.each([
    ['with a port', '203.0.113.7:1234', '203.0.113.7:4321'],
    ['in brackets, with a port', '[2001:db8::1]:1234', '[2001:db8::1]:4321'],
    ['with a zone', 'fe80::1%eth0', 'fe80::1%eth1'],
    ['as none at all', 'unknown', 'unknown'],
  ])('may be written %s', async (_, one, other) => {
    const app = await startWith(platform, { addressOf: ({ headers }) => headers['x-forwarded-for'] as string });
    expect(await connectFor(app, [one, other])).toEqual([101, 429]);
  });

  it('is what addressOf gives; who has none is not counted', async () => {
    const app = await startWith(platform, { addressOf: ({ headers }) => headers['x-client'] as string | undefined });
    const from = async (headers: Record<string, string>): Promise<number> => (await upgrade(app.url, headers)).status;
    expect([await from({ 'x-client': 'a' }), await from({ 'x-client': 'b' }), await from({ 'x-client': 'a' })]).toEqual(
      [101, 101, 429],
    );
    expect([await from({}), await from({})]).toEqual([101, 101]);
  });

  it.each([
    [
      'throws',
      (): never => {
        throw new Error('out of order');
      },
      'out of order',
    ],
    ['gives what is no string', () => 7 as never, 'It has to return a string, or undefined.'],
  ])('is that of the connection if addressOf %s, which is logged once', async (_, addressOf, why) => {
    let logs: Logs | undefined;
    const app = await startWith(platform, { addressOf }, (nest) => (logs = listenTo(nest)));
    expect(await connectFor(app, ['203.0.113.1', '203.0.113.2', '203.0.113.3'])).toEqual([101, 429, 429]);
    expect(logs?.naming('limits.addressOf" failed').errors).toEqual([
      `The option "limits.addressOf" failed; the address of the connection counts. ${why}`,
    ]);
  });

  it('is not written to the log if it is none', async () => {
    let logs: Logs | undefined;
    const addressOf = (): string => 'canary\u001b[31m';
    const app = await startWith(platform, { addressOf }, (nest) => (logs = listenTo(nest)));
    expect(await connectFor(app, ['', ''])).toEqual([101, 429]);
    expect(logs?.naming('connectionsPerAddress').warnings).toHaveLength(1);
    expect(logs?.naming('canary').warnings).toEqual([]);
  });
});
