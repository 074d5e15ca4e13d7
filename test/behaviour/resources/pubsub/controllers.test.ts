import { Body, Controller, Delete, HttpCode, Param, ParseIntPipe, Patch, Post } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { PublishOnCreate, PublishOnDestroy, PublishOnUpdate, Resourceful } from '../../../../src/index.js';
import { start } from '../../../support/application.js';

@Controller('users')
@Resourceful('user')
class UsersController {
  @Post()
  @PublishOnCreate()
  create(@Body() body: object) {
    return { id: 1, ...body };
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() body: object) {
    return { id, ...body };
  }

  @Delete(':id')
  @HttpCode(204)
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) _id: number) {}
}

describe('an annotated controller', () => {
  it('tells watchers of what was created, updated and destroyed, in order', async () => {
    const app = await start({ controllers: [UsersController] });
    const watcher = await app.connect();
    const bystander = await app.connect();
    await app.channel('user').watch(watcher.id);

    await app.request('POST', '/users', { name: 'ada' });
    await app.request('PATCH', '/users/1', { name: 'grace' });
    await app.request('DELETE', '/users/1');
    await app.settle();

    expect(watcher.heard('user')).toEqual([
      { verb: 'created', id: 1, data: { id: 1, name: 'ada' } },
      { verb: 'updated', id: 1, data: { id: 1, name: 'grace' } },
      { verb: 'destroyed', id: 1 },
    ]);
    expect(bystander.heard('user')).toEqual([]);
  });
});
