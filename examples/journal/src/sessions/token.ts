import { UnauthorizedException } from '@nestjs/common';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Who a token belongs to. */
export interface Identity {
  id: number;
  username: string;
  /** When the token expires, in seconds since 1970. */
  exp: number;
}

const A_DAY = 24 * 60 * 60;
/** Without a secret in the environment, a restart signs everybody out. */
const secret = process.env.SECRET ?? randomBytes(32).toString('hex');

export function tokenFor({ id, username }: Omit<Identity, 'exp'>): string {
  const identity: Identity = { id, username, exp: Math.floor(Date.now() / 1000) + A_DAY };
  const text = Buffer.from(JSON.stringify(identity)).toString('base64url');
  return `${text}.${signatureOf(text).toString('base64url')}`;
}

/**
 * Returns whose token it is, or `undefined` where there is none.
 *
 * @throws UnauthorizedException if the token is no longer valid, or never was
 */
export function identityOf(token: unknown): Identity | undefined {
  if (token === undefined || token === '') return undefined;
  const [text = '', signature = ''] = typeof token === 'string' ? token.split('.') : [];
  if (!isSame(Buffer.from(signature, 'base64url'), signatureOf(text))) {
    throw new UnauthorizedException('The token is not valid.');
  }
  const identity = JSON.parse(Buffer.from(text, 'base64url').toString()) as Identity;
  if (identity.exp * 1000 <= Date.now()) throw new UnauthorizedException('The token has expired.');
  return identity;
}

function signatureOf(text: string): Buffer {
  return createHmac('sha256', secret).update(text).digest();
}

function isSame(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
