import type { IncomingMessage } from 'node:http';
import { BlockList, isIP } from 'node:net';
import { FirstTimes, LineLogger, logFailure } from '../../common/log.js';

/** The longest text that counts as an address. Only proxies say what is none, since a socket's is always one. */
const MAX_LENGTH = 64;

/** Addresses that a proxy or a container has, rather than a client on the internet. */
const PRIVATE = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const) {
  PRIVATE.addSubnet(network, bits, 'ipv4');
}
PRIVATE.addSubnet('::1', 64, 'ipv6');
PRIVATE.addSubnet('fc00::', 7, 'ipv6');
PRIVATE.addSubnet('fe80::', 10, 'ipv6');

/** Tells which address a handshake comes from, and by which it is counted. */
export class ClientAddresses {
  private readonly logger = new LineLogger('SocketsModule');
  private readonly failures = new FirstTimes(2);

  /**
   * @param addressOf the option of the application, if it has one
   * @param platform returns the application of Express or the instance of Fastify, once there is one
   */
  constructor(
    private readonly addressOf: ((request: IncomingMessage) => string | undefined) | undefined,
    private readonly platform: () => unknown,
  ) {}

  /** Returns what a handshake is counted by; `undefined` if it is not counted. Never throws. */
  keyOf(request: IncomingMessage): string | undefined {
    const address = this.addressOf ? this.ask(this.addressOf, request) : this.trustedAddress(request);
    return address === undefined ? undefined : keyOfAddress(address);
  }

  /** A function that fails must not let in everybody. */
  private ask(addressOf: (request: IncomingMessage) => unknown, request: IncomingMessage): string | undefined {
    try {
      const address = addressOf(request);
      if (address === undefined || typeof address === 'string') return address;
      throw new TypeError('It has to return a string, or undefined.');
    } catch (error) {
      if (this.failures.isFirst('addressOf')) {
        logFailure(this.logger, 'The option "limits.addressOf" failed; the address of the connection counts.', error);
      }
      return request.socket.remoteAddress;
    }
  }

  private trustedAddress(request: IncomingMessage): string | undefined {
    try {
      const address = addressByPlatform(this.platform(), request);
      if (typeof address === 'string') return address;
    } catch (error) {
      if (this.failures.isFirst('proxies')) {
        logFailure(this.logger, 'The rule for proxies failed; the address of the connection counts.', error);
      }
    }
    return request.socket.remoteAddress;
  }
}

/** Tells whether a proxy, rather than a client, may have this address. */
export function isPrivate(key: string): boolean {
  const address = key.replace('/64', '');
  const family = isIP(address);
  return family !== 0 && PRIVATE.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/**
 * Lets the platform say which address a request has, by its own rule for proxies: `request.ip`. Handshakes do not go
 * through the application, so they never become such a request by themselves.
 */
function addressByPlatform(platform: unknown, request: IncomingMessage): unknown {
  const { request: ofExpress } = (platform ?? {}) as { request?: object };
  if (ofExpress && 'ip' in ofExpress) {
    const { headers, socket } = request;
    const asked = Object.create(ofExpress, { headers: { value: headers }, socket: { value: socket } }) as object;
    return (asked as { ip?: unknown }).ip;
  }
  const ofFastify = prototypeOfFastify(platform);
  if (!ofFastify) return undefined;
  return (Object.create(ofFastify, { raw: { value: request } }) as { ip?: unknown }).ip;
}

/** Finds the prototype of Fastify's requests, which knows the option `trustProxy`; nothing else gives access to it. */
function prototypeOfFastify(platform: unknown): object | undefined {
  if (typeof platform !== 'object' || platform === null) return undefined;
  const symbol = Object.getOwnPropertySymbols(platform).find(({ description }) => description === 'fastify.Request');
  const type = symbol && (platform as Record<symbol, { prototype?: unknown } | undefined>)[symbol];
  return type?.prototype instanceof Object && 'ip' in type.prototype ? type.prototype : undefined;
}

/**
 * Returns the address itself for IPv4, however it is written, and the network for IPv6: whoever has one address of a
 * `/64` has all of them.
 */
function keyOfAddress(written: string): string {
  const address = withoutPort(written.trim()).replace(/%.*$/, '');
  if (isIP(address) === 4) return address;
  if (isIP(address) !== 6) return written.slice(0, MAX_LENGTH);
  const groups = groupsOf(address);
  const network = groups.slice(0, 6).join(':');
  // IPv4 inside of IPv6: as the sockets of a server for both have it, and as translators to IPv6 do.
  if (network === '0:0:0:0:0:ffff' || network === '64:ff9b:0:0:0:0') return ipv4Of(groups[6], groups[7]);
  return `${groups.slice(0, 4).join(':')}::/64`;
}

/** Some proxies write the port of the client, too. */
function withoutPort(address: string): string {
  const [, inBrackets, ipv4] = /^\[([^\]]+)\](?::\d+)?$|^([\d.]+):\d+$/.exec(address) ?? [];
  return inBrackets ?? ipv4 ?? address;
}

function groupsOf(address: string): string[] {
  const [head, tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail ? tail.split(':') : [];
  return [...left, ...Array.from({ length: 8 - left.length - right.length }, () => '0'), ...right];
}

function ipv4Of(high: string, low: string): string {
  const [upper, lower] = [Number.parseInt(high, 16), Number.parseInt(low, 16)];
  return [upper >> 8, upper & 255, lower >> 8, lower & 255].join('.');
}
