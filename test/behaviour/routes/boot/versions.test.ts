import { Controller, Param, Patch, VersioningType } from '@nestjs/common';
import { expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { Logs } from '../../../support/logs.js';

function controllerOf(version: string, options = {}) {
  @Controller({ path: 'users', version })
  @Resourceful('user', options)
  class UsersController {
    @Patch(':id')
    @PublishOnUpdate()
    update(@Param('id') id: string) {
      return { id };
    }
  }
  return UsersController;
}

async function warningsOf(options: object | undefined, ...versions: string[]): Promise<string[]> {
  const logs = new Logs();
  await start({
    controllers: versions.map((version) => controllerOf(version, options)),
    main: (nest) => {
      nest.enableVersioning({ type: VersioningType.URI });
      logs.open(nest);
    },
  });
  return logs.naming('Several versions of routes publish "user"').warnings;
}

it('Boot warns of versions of routes that publish one resource, while no view says in which shape', async () => {
  const view = ({ id }: { id: string }): object => ({ id });

  expect(await warningsOf({}, '1', '2')).toHaveLength(1);
  expect(await warningsOf({}, '1')).toEqual([]);
  expect(await warningsOf({ view }, '1', '2')).toEqual([]);
});
