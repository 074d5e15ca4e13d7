import type { ApplicationConfig } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import type { Route } from '../../routes/boot/route.js';

type PathMetadata = Parameters<RoutePathFactory['create']>[0];

/** A pattern that a parameter has to match, as Express 4 and Fastify write it: `:id(\d+)`. */
const PATTERN = /\((?:[^()]|\([^()]*\))*\)/g;

/** What may be left out of a path: `{/:id}` for Express 5, `/:id?` for Fastify. */
const OPTIONAL = /\{([^{}]*)\}|(\/[:*]\w+)\?/;

/** Knows the paths under which an application has its routes: with global prefix, version and module. */
export class RoutePaths {
  private readonly factory: RoutePathFactory;
  /** Empty, or with a slash at its beginning. */
  readonly globalPrefix: string;

  constructor(private readonly config: ApplicationConfig) {
    // Nest's own, which knows what is excluded from the prefix, and how versions are written.
    this.factory = new RoutePathFactory(config);
    const prefix = config.getGlobalPrefix();
    this.globalPrefix = prefix === '' || prefix.startsWith('/') ? prefix : `/${prefix}`;
  }

  /** Returns the paths of a route as a client writes them, those with and without its optional parts. */
  of(route: Route): string[] {
    const versioningOptions = this.config.getVersioning();
    const { own, ofController } = route.versions as Record<'own' | 'ofController', PathMetadata['methodVersion']>;
    const found = route.controllerPaths.flatMap((ctrlPath) =>
      route.paths.flatMap((methodPath) =>
        this.factory.create(
          {
            ctrlPath,
            methodPath,
            modulePath: route.modulePath,
            globalPrefix: this.globalPrefix,
            methodVersion: own,
            controllerVersion: versioningOptions && (ofController ?? versioningOptions.defaultVersion),
            versioningOptions,
          },
          route.requestMethod,
        ),
      ),
    );
    return [...new Set(found.flatMap((path) => writtenForms(path.replaceAll(PATTERN, ''))))];
  }
}

/** Returns a path as OpenAPI writes it: `/boards/{boardId}/cards`. */
export function openApiPath(path: string): string {
  return path.replaceAll(/[:*](\w+)/g, '{$1}');
}

function writtenForms(path: string): string[] {
  const optional = OPTIONAL.exec(path);
  if (!optional) {
    // Nest takes a wildcard without a name, too.
    const named = path.replaceAll(/\*(?!\w)/g, '*path').replace(/(?<=.)\/+$/, '');
    return [named === '' ? '/' : named];
  }
  const [whole, inBraces, marked] = optional;
  return [inBraces ?? marked ?? '', ''].flatMap((part) => writtenForms(path.replace(whole, () => part)));
}
