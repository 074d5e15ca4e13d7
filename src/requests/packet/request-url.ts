import { malformed } from '../request-refusal.js';

const MAX_URL_LENGTH = 8_192;

/** Characters that a request line cannot carry, and the backslash, which some take for a slash. */
// oxlint-disable-next-line no-control-regex
const NEVER_IN_URL = /[\u0000-\u001f\u007f\\]/;

/** Characters that browsers encode. They are rare, and testing for any is cheaper than searching for all. */
const ANY_TO_ENCODE = /[^\u0021-\u007e]/;
const TO_ENCODE = /[^\u0021-\u007e]+/g;

const FORBIDDEN_IN_PATH = /%00|(?:\/|%2f|%5c)(?:\.|%2e){1,2}(?=$|\/|%2f|%5c)/i;

/**
 * Reads a path of this application, with or without a query, in the form of a request line. Nothing else is ever
 * routed: no other host, no detour through dots, nothing that would end the line.
 *
 * @throws RequestRefusal
 */
export function readUrl(url: unknown): string {
  if (typeof url !== 'string' || url === '') throw malformed('The request must have a url: a path such as "/users/1".');
  if (url.length > MAX_URL_LENGTH) throw malformed(`The url is longer than ${MAX_URL_LENGTH} characters.`);
  if (!url.startsWith('/') || url.startsWith('//')) {
    throw malformed('The url must be a path of this application that begins with one slash, such as "/users/1".');
  }
  if (NEVER_IN_URL.test(url)) throw malformed('The url contains a control character or a backslash.');
  const sent = encode(upTo('#', url));
  if (FORBIDDEN_IN_PATH.test(pathOf(sent))) throw malformed('The path of the url contains a dot segment or a NUL.');
  return sent;
}

/** Returns the url without its query. */
export function pathOf(url: string): string {
  return upTo('?', url);
}

function upTo(mark: string, url: string): string {
  const position = url.indexOf(mark);
  return position < 0 ? url : url.slice(0, position);
}

function encode(url: string): string {
  if (!ANY_TO_ENCODE.test(url)) return url;
  try {
    return url.replace(TO_ENCODE, encodeURIComponent);
  } catch {
    throw malformed('The url contains half of a surrogate pair.');
  }
}
