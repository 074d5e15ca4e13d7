/** A cookie that an answer set. */
interface Cookie {
  name: string;
  value: string;
  path: string;
  /** Milliseconds since the epoch; `Infinity` while the connection lasts. */
  expires: number;
}

/** So many of an application's cookies are kept, as browsers do at the least. */
const MOST_COOKIES = 50;

/**
 * The cookies of a connection: those of its handshake, and what answers to its requests changed in them since. They are kept here and never told to the
 * client, whose scripts may not see them.
 */
export class CookieJar {
  private readonly cookies = new Map<string, Cookie>();

  constructor(private readonly ofHandshake: string | undefined) {}

  /** The header `Cookie` for a path; `undefined` for none. */
  headerFor(path: string): string | undefined {
    if (this.cookies.size === 0) return this.ofHandshake;
    const now = Date.now();
    const here = [...this.cookies.values()].filter((cookie) => matches(cookie.path, path));
    for (const cookie of here) this.keep(cookie);
    const changed = new Set(here.map(({ name }) => name));
    const untouched = pairsIn(this.ofHandshake).filter((pair) => !changed.has(nameOf(pair)));
    // The longer path first, as browsers do it: of two with one name, most readers take the first.
    const kept = here.filter(({ expires }) => expires > now).sort((a, b) => b.path.length - a.path.length);
    return [...untouched, ...kept.map(({ name, value }) => `${name}=${value}`)].join('; ') || undefined;
  }

  /** Takes the headers `Set-Cookie` of an answer. */
  store(setCookie: number | string | readonly string[] | undefined, path: string): void {
    if (setCookie === undefined) return;
    for (const line of [setCookie].flat()) {
      const cookie = readCookie(String(line), path);
      // One that has expired is kept too, so that the handshake's of the same name is not sent again.
      if (cookie) this.keep(cookie);
    }
  }

  /** As the last that was used; the one that nobody has used for longest makes room. */
  private keep(cookie: Cookie): void {
    const key = `${cookie.name};${cookie.path}`;
    this.cookies.delete(key);
    const [oldest] = this.cookies.keys();
    if (this.cookies.size >= MOST_COOKIES) this.cookies.delete(oldest);
    this.cookies.set(key, cookie);
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

/** RFC 6265: of the two, `Max-Age` counts. */
function expiryOf(attribute: ReadonlyMap<string, string>): number {
  const maxAge = attribute.get('max-age');
  if (maxAge !== undefined && /^-?\d+$/.test(maxAge)) return Date.now() + Number(maxAge) * 1_000;
  const expires = Date.parse(attribute.get('expires') ?? '');
  return Number.isNaN(expires) ? Infinity : expires;
}

/** RFC 6265: the folder that the request's path is in. */
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
