import { HttpStatus } from '@nestjs/common';
import { errorBody } from '../../common/error-body.js';
import type { ErrorBody } from '../../protocol/request.js';

const EXPIRED = 'The token has expired.';
const NOT_YET = 'The token is not valid yet.';
const INVALID = 'The token is not valid.';

/** The classes with which verifiers of tokens refuse one, by name: an application may have two copies of a package. */
const BY_NAME: ReadonlyArray<readonly [RegExp, string]> = [
  // jsonwebtoken, and @nestjs/jwt with it.
  [/^TokenExpiredError$/, EXPIRED],
  [/^NotBeforeError$/, NOT_YET],
  [/^JsonWebTokenError$/, INVALID],
  // aws-jwt-verify, njwt.
  [/^JwtExpiredError$/, EXPIRED],
  [/^JwtNotBeforeError$/, NOT_YET],
  [/^Jwt(Parse|WithoutValidKid|Invalid\w*)Error$/, INVALID],
];

/** The codes with which they do. Other codes of theirs say that keys cannot be fetched, or are wrong. */
const BY_CODE: ReadonlyArray<readonly [RegExp, string]> = [
  [/^(ERR_JWT_EXPIRED|FAST_JWT_EXPIRED|auth\/(id-token|session-cookie)-expired)$/, EXPIRED],
  // jose.
  [/^ERR_(JWT|JWS|JWE)_|^ERR_JOSE_(ALG_NOT_ALLOWED|NOT_SUPPORTED)$|^ERR_JWKS_\w+_MATCHING_KEYS?$/, INVALID],
  // paseto.
  [/^ERR_PASETO_/, INVALID],
  // fast-jwt, and @fastify/jwt with it.
  [/^FAST_JWT_(INACTIVE|MALFORMED|MISSING_SIGNATURE|INVALID_(ALGORITHM|CLAIM_\w+|SIGNATURE|PAYLOAD|TYPE))$/, INVALID],
  // firebase-admin.
  [/^auth\/((id-token|session-cookie)-\w+|argument-error|invalid-id-token|user-disabled|user-not-found)$/, INVALID],
];

/** What jsonwebtoken says in a `JsonWebTokenError` that is the server's own mistake. */
const OWN_MISTAKE = /^secret or public key|^secretOrPublicKey|^error in secret or public key callback(?!.*signing key)/;

/** Where jsonwebtoken reads the content of a token, and lets out what `JSON.parse` throws. */
const READS_TOKEN = /\bjwsDecode\b|[\\/](jws|jsonwebtoken)[\\/]/;

/**
 * Recognizes an error that means that credentials are not accepted, and returns what the client is told; `undefined`
 * for any other, which is a fault of the server. What the error itself says is not told: it may contain anything.
 */
export function refusalOfCredentials(error: unknown): ErrorBody | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, message, stack } = error as { code?: unknown; message?: unknown; stack?: unknown };
  if (typeof message === 'string' && OWN_MISTAKE.test(message)) return undefined;
  const told = find(BY_NAME, namesOf(error)) ?? find(BY_CODE, [code]);
  if (told !== undefined) return errorBody(HttpStatus.UNAUTHORIZED, told);
  if (error instanceof SyntaxError && READS_TOKEN.test(String(stack))) {
    return errorBody(HttpStatus.UNAUTHORIZED, INVALID);
  }
  const status = statusOf(error);
  if (status === HttpStatus.UNAUTHORIZED) return errorBody(status, 'Unauthorized');
  return status === HttpStatus.FORBIDDEN ? errorBody(status, 'Forbidden') : undefined;
}

/** Returns the name of an error, and those of its classes: an application may have extended the library's. */
function namesOf(error: object): unknown[] {
  const names = [(error as { name?: unknown }).name];
  for (let type: object | null = error; type; type = Object.getPrototypeOf(type) as object | null) {
    const { constructor } = type as { constructor?: unknown };
    if (typeof constructor === 'function') names.push(constructor.name);
  }
  return names;
}

function find(table: ReadonlyArray<readonly [RegExp, string]>, values: readonly unknown[]): string | undefined {
  return table.find(([pattern]) => values.some((value) => typeof value === 'string' && pattern.test(value)))?.[1];
}

/** Reads the status, where passport, http-errors, express-jwt and others, and boom, put it. */
function statusOf(error: object): unknown {
  const { status, statusCode, output } = error as Record<'status' | 'statusCode' | 'output', unknown>;
  return statusCode ?? status ?? (output as { statusCode?: unknown } | undefined)?.statusCode;
}
