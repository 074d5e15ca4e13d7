/** A cookie that a response set. */
interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Milliseconds since the epoch; `Infinity` while the connection lasts. */
  expires: number;
}

/** The most cookies that are kept: every browser keeps at least as many per site. */
const MAX_COOKIES = 50;

/**
 * The cookies of a connection: those of its handshake, as changed since by the responses to its requests. They are kept
 * here and never sent to the client, whose scripts must not see them.
 */
export class CookieJar {
  /** Those that responses have set; `undefined` as long as none has. */
  private cookies: Map<string, Cookie> | undefined;

  constructor(private readonly handshakeCookies: string | undefined) {}

  /** Whether responses have set any. */
  get isChanged(): boolean {
    return this.cookies !== undefined;
  }

  /** Returns the header `Cookie` for a path; `undefined` if there are no cookies. */
  headerFor(path: string): string | undefined {
    if (!this.cookies) return this.handshakeCookies;
    const now = Date.now();
    const here = [...this.cookies.values()].filter((cookie) => matches(cookie.path, path));
    for (const cookie of here) this.put(cookie);
    const changed = new Set(here.map(({ name }) => name));
    const untouched = pairsIn(this.handshakeCookies).filter((pair) => !changed.has(nameOf(pair)));
    // The longest path comes first, as in browsers: of two cookies with one name, most readers take the first.
    const kept = here.filter(({ expires }) => expires > now).sort((a, b) => b.path.length - a.path.length);
    return [...untouched, ...kept.map(({ name, value }) => `${name}=${value}`)].join('; ') || undefined;
  }

  /** Stores the cookies of the headers `Set-Cookie` of a response. */
  store(setCookie: number | string | readonly string[] | undefined, path: string): void {
    if (setCookie === undefined) return;
    for (const line of [setCookie].flat()) {
      const cookie = readCookie(String(line), path);
      // An expired cookie is kept, too, so that the handshake's of the same name is not sent again.
      if (cookie) this.put(cookie);
    }
  }

  /** Puts a cookie last, as the most recently used. The least recently used one makes room. */
  private put(cookie: Cookie): void {
    const key = `${cookie.name};${cookie.path}`;
    const cookies = (this.cookies ??= new Map<string, Cookie>());
    cookies.delete(key);
    const [oldest] = cookies.keys();
    if (cookies.size >= MAX_COOKIES) cookies.delete(oldest);
    cookies.set(key, cookie);
  }
}

function readCookie(line: string, requestPath: string): Cookie | undefined {
  const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
  const name = nameOf(pair);
  if (name === '' || !pair.includes('=')) return undefined;
  const attribute = new Map(attributes.map((text) => [nameOf(text).toLowerCase(), valueOf(text)]));
  const path = attribute.get('path');
  return {
    name,
    value: valueOf(pair),
    path: path?.startsWith('/') ? path : defaultPath(requestPath),
    expires: expiryOf(attribute),
  };
}

/** Reads when a cookie expires. `Max-Age` wins over `Expires` (RFC 6265). */
function expiryOf(attribute: ReadonlyMap<string, string>): number {
  const maxAge = attribute.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1_000;
  const expires = Date.parse(attribute.get('expires') ?? '');
  return Number.isNaN(expires) ? Infinity : expires;
}

/** Returns the directory of the request's path (RFC 6265). */
function defaultPath(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '/';
}

function matches(cookiePath: string, path: string): boolean {
  return path === cookiePath || path.startsWith(cookiePath.endsWith('/') ? cookiePath : `${cookiePath}/`);
}

function pairsIn(header: string | undefined): string[] {
  return (header ?? '').split(/;\s*/).filter((pair) => pair !== '');
}

function nameOf(pair: string): string {
  return pair.split('=', 1)[0].trim();
}

function valueOf(pair: string): string {
  const start = pair.indexOf('=');
  return start < 0 ? '' : pair.slice(start + 1).trim();
}
