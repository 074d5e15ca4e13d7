import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

const scrypt = promisify<string, Buffer, number, Buffer>(scryptWithCallback);
const keyLength = 32;

/** Hashes a password into what is stored: the salt and a derived key, from which the password cannot be recovered. */
export async function hashOf(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await scrypt(password.normalize(), salt, keyLength);
  return [salt, key].map((part) => part.toString('base64')).join('.');
}

export async function isPasswordOf(hash: string, password: string): Promise<boolean> {
  const [salt, key] = hash.split('.').map((part) => Buffer.from(part, 'base64'));
  return timingSafeEqual(key, await scrypt(password.normalize(), salt, keyLength));
}
