import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scrypt = promisify<string, Buffer, number, Buffer>(scryptWithCallback);
const keyLength = 32;

/** What is kept of a password: salt and key, from which nobody gets it back. */
export async function hashOf(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await scrypt(password.normalize(), salt, keyLength);
  return [salt, key].map((part) => part.toString('base64')).join('.');
}

export async function isPasswordOf(hash: string, password: string): Promise<boolean> {
  const [salt, key] = hash.split('.').map((part) => Buffer.from(part, 'base64'));
  return timingSafeEqual(key, await scrypt(password.normalize(), salt, keyLength));
}
