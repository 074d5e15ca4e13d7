import { assertArgument } from '../assertions.js';
import type { PathParams } from '../requests/request.options.js';

/**
 * Puts the parameters into the path: `/boards/:boardId/cards` with `{ boardId: 7 }` is `/boards/7/cards`. Without
 * parameters the url is taken as it is.
 *
 * @throws TypeError
 */
export function fillPath(method: string, url: string, params: PathParams | undefined): string {
  if (!params) return url;
  const unused = new Set(Object.keys(params));
  const [path = '', ...query] = url.split('?');
  const filled = path.replace(/([:*])([a-z_]\w*)/gi, (_, kind: string, name: string) => {
    const value = String(params[name] ?? '');
    assertArgument(value !== '', `${method}: the url ${url} needs the parameter "${name}": { params: { ${name}: … } }`);
    unused.delete(name);
    const encoded = encodeURIComponent(value);
    return kind === '*' ? encoded.replaceAll('%2F', '/') : encoded;
  });
  assertArgument(unused.size === 0, `${method}: the url ${url} has no parameter "${[...unused].join('", "')}"`);
  return [filled, ...query].join('?');
}
