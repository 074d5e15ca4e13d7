import { InvalidOptionsError } from '../common/common.errors.js';

/** Browsers send these for pages that have no origin: a sandboxed frame, a local file. */
const NO_ORIGIN: ReadonlySet<unknown> = new Set(['null', 'file://']);

/** `https://example.com:8443`: scheme, host and, unless it is the scheme's own, port. */
export function isOrigin(value: unknown): value is string {
  return NO_ORIGIN.has(value) || (typeof value === 'string' && spell(value) !== undefined);
}

/**
 * An origin that is spelled in another way than browsers spell it would never be met.
 *
 * @throws InvalidOptionsError that says how browsers spell it
 */
export function assertSpelling(option: string, origins: unknown): void {
  const list: unknown[] = Array.isArray(origins) ? origins : [origins];
  for (const origin of list) {
    const spelled = typeof origin === 'string' && !NO_ORIGIN.has(origin) ? spell(origin) : undefined;
    if (spelled === undefined || spelled === origin) continue;
    throw new InvalidOptionsError(option, `spelled as browsers do: "${spelled}" instead of "${String(origin)}"`);
  }
}

/**
 * Does the page come from the server that it connects to? The scheme is left out: behind a proxy that ends TLS the server cannot know its
 * own.
 */
export function isOwnOrigin(origin: string, host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(origin)) return false;
  const page = new URL(origin);
  const own = `${page.protocol}//${host}`;
  return page.host !== '' && URL.canParse(own) && new URL(own).host === page.host;
}

function spell(origin: string): string | undefined {
  if (!/^[a-z][a-z\d+.-]*:\/\//i.test(origin) || !URL.canParse(origin)) return undefined;
  const { protocol, host } = new URL(origin);
  return host === '' ? undefined : `${protocol}//${host}`;
}
