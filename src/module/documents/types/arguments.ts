import { parseArgs } from 'node:util';
import { CommandError } from './command-error.js';

export const USAGE = `Usage: nestjs-sockets types <module> --out <file> [options]

Writes the types of an application's routes and events, for connect<Api, Events>() of nestjs-sockets/client.

  <module>          the compiled file of the root module, such as dist/app.module.js
  --out <file>      the file to write, such as ../web/src/api.ts
  --check           writes nothing, and exits with 1 if the file is not what would be written
  --module <name>   the export that is the root module, if the file has several
  --prefix <path>   the global prefix, if main.ts calls app.setGlobalPrefix()
  --versioning      if main.ts calls app.enableVersioning({ type: VersioningType.URI })
  --setup <file>    a compiled file whose only function, or "setup", main.ts calls with the application: for a prefix
                    with exceptions, a default version and the like
  --declarations    imports the declarations of compiled files, rather than their sources: for a page whose compiler
                    options do not fit the sources of the server
  --from <module>   imports all classes and schemas from there, rather than each from its own file
`;

/** What the command was asked to do. */
export interface TypesArguments {
  /** The compiled file of the root module. */
  file: string;
  out: string;
  check: boolean;
  module?: string;
  prefix?: string;
  versioning: boolean;
  setup?: string;
  /** Whether the declarations of compiled files are imported, and not their sources. */
  declarations: boolean;
  from?: string;
}

/**
 * Reads the arguments of the program; `undefined` if they ask for help.
 *
 * @throws CommandError
 */
export function readArguments(args: readonly string[]): TypesArguments | undefined {
  const { values, positionals } = parse(args);
  const [command, file, ...more] = positionals;
  if (values.help || command === undefined) return undefined;
  if (command !== 'types') throw new CommandError(`There is no command "${command}". There is "types".\n\n${USAGE}`);
  if (file === undefined || more.length > 0)
    throw new CommandError(
      `One file is needed, that of the compiled root module: nestjs-sockets types dist/app.module.js --out <file>` +
        `${more.length > 0 ? `, and there are ${[file, ...more].join(', ')}` : ''}.\n\n${USAGE}`,
    );
  const { out, check = false, versioning = false, declarations = false, module, prefix, setup, from } = values;
  if (out === undefined)
    throw new CommandError(`--out says which file to write, such as --out ../web/src/api.ts.\n\n${USAGE}`);
  return { file, out, check, versioning, declarations, module, prefix, setup, from };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: 'string' },
        check: { type: 'boolean' },
        module: { type: 'string' },
        prefix: { type: 'string' },
        versioning: { type: 'boolean' },
        setup: { type: 'string' },
        declarations: { type: 'boolean' },
        from: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}\n\n${USAGE}`);
  }
}
