import type { ModulesContainer } from '@nestjs/core';

/** A library whose transactions an integration can report. */
interface Library {
  /** What shows that the application uses it. */
  readonly sign: string;
  readonly entryPoint: string;
  readonly integration: string;
  /** Recognizes a provider of the library by its shape, since the library need not be installed. */
  recognizes: (provider: object) => boolean;
}

const LIBRARIES: readonly Library[] = [
  {
    sign: 'a TransactionHost of nestjs-cls',
    entryPoint: 'nestjs-sockets/nestjs-cls',
    integration: 'cls()',
    recognizes: (provider) => hasMethods(provider, ['withTransaction', 'withoutTransaction', 'isTransactionActive']),
  },
  {
    sign: 'a DataSource of TypeORM',
    entryPoint: 'nestjs-sockets/typeorm',
    integration: 'typeOrm()',
    recognizes: (provider) => hasMethods(provider, ['createQueryRunner', 'transaction', 'getRepository', 'destroy']),
  },
];

/** As many classes as a warning names. */
const MOST_NAMED = 3;

/**
 * Warns where code publishes in an application whose transactions nobody reports, so that it would tell what is rolled
 * back.
 *
 * @param publishers the classes that can publish
 */
export function unreportedTransactionsWarning(
  modules: ModulesContainer,
  publishers: readonly string[],
): string | undefined {
  if (publishers.length === 0) return undefined;
  const providers = [...modules.values()].flatMap((module) =>
    [...module.providers.values()].map(({ instance }): unknown => instance),
  );
  const used = LIBRARIES.filter(({ recognizes }) =>
    providers.some((provider) => typeof provider === 'object' && provider !== null && recognizes(provider)),
  );
  if (used.length === 0) return undefined;
  const integrations = used.map(({ integration }) => integration).join(', ');
  const imports = used.map(
    ({ integration, entryPoint }) => `import { ${integration.replace('()', '')} } from '${entryPoint}';`,
  );
  return (
    `${list(publishers)} can publish from code, and the application has ` +
    `${used.map(({ sign }) => sign).join(' and ')}. What is published inside a transaction is told before it ` +
    `commits, and even if it is rolled back. To have it wait for the commit, write ${imports.join(' ')} and ` +
    `SocketsModule.forRoot({ transactions: [${integrations}] }). If nothing is published inside transactions, write ` +
    `transactions: false.`
  );
}

function hasMethods(provider: object, names: readonly string[]): boolean {
  try {
    return names.every((name) => typeof (provider as Record<string, unknown>)[name] === 'function');
  } catch {
    // A proxy may refuse to be read outside of a request.
    return false;
  }
}

function list(names: readonly string[]): string {
  const named = names.slice(0, MOST_NAMED).join(', ');
  return names.length > MOST_NAMED ? `${named} and ${names.length - MOST_NAMED} more` : named;
}
