import {
  Body,
  Controller,
  Delete,
  Get,
  Param,
  ParseIntPipe,
  Patch,
  Post,
  Put,
  UseInterceptors,
  ClassSerializerInterceptor,
} from '@nestjs/common';
import { Exclude, Expose } from 'class-transformer';
import {
  PublishOnAdd,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../../src/index.js';
import { start, type ApplicationOptions, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';

/** What nobody but administrators may see. */
export const SALARY = 'salary-canary';
/** What nobody may see at all. */
export const PASSWORD = 'password-canary';

/** As the database has it. */
export class UserEntity {
  id = 5;
  name = 'ada';
  @Exclude() salary = SALARY;
  @Exclude() password = PASSWORD;
  pet: unknown = undefined;

  constructor(fields: Partial<UserEntity> = {}) {
    Object.assign(this, fields);
  }
}

export class PublicUser {
  @Expose() id!: number;
  @Expose() name!: string;
}

export class AdminUser extends PublicUser {
  @Expose() salary!: string;
}

export const audience = ({ role }: { role?: string | string[] }): string | string[] | undefined => role;

/** The routes answer what everybody may see. */
@Controller('users')
@Resourceful('user', { view: PublicUser, views: { admin: AdminUser }, audience })
@UseInterceptors(ClassSerializerInterceptor)
export class UsersController {
  @Get() @SubscribeOnRead({ watch: true }) find(): UserEntity[] {
    return [new UserEntity()];
  }

  @Get(':id') @SubscribeOnRead() findOne(@Param('id', ParseIntPipe) id: number): UserEntity {
    return new UserEntity({ id });
  }

  @Get('page/:size') @SubscribeOnRead({ watch: true }) findPage(
    @Param('size', ParseIntPipe) size: number,
  ): UserEntity[] {
    return [new UserEntity(), new UserEntity({ id: 8, name: 'x'.repeat(size) })];
  }

  @Post() @PublishOnCreate() create(@Body() body: object): UserEntity {
    return new UserEntity(body);
  }

  @Post('many') @PublishOnCreate({ select: 'users' }) createMany(): { users: UserEntity[] } {
    return { users: [new UserEntity({ id: 1, name: 'one' }), new UserEntity({ id: 2, name: 'two' })] };
  }

  @Patch(':id')
  @PublishOnUpdate({ previous: ({ args }) => new UserEntity({ id: args[0] as number, name: 'before' }) })
  update(@Param('id', ParseIntPipe) id: number, @Body() body: object): UserEntity {
    return new UserEntity({ id, ...body });
  }

  @Delete(':id')
  @PublishOnDestroy({ previous: ({ args }) => new UserEntity({ id: args[0] as number }) })
  remove(@Param('id', ParseIntPipe) _id: number): void {}

  @Put(':id/friends')
  @PublishOnAdd('friends')
  befriend(@Param('id') _id: string): UserEntity {
    return new UserEntity({ id: 6, name: 'friend' });
  }
}

export const asRole = (role?: string | string[], id = 1) => ({ auth: { user: { id, role } } });

export function startPeople(options: ApplicationOptions = {}): Promise<TestApplication> {
  return start({
    imports: [SocketsModule.forRoot({ authenticate: ({ auth }) => auth.user as unknown })],
    controllers: [UsersController],
    ...options,
  });
}

export const read = ({ socket }: TestClient, url: string): Promise<unknown> => socket.emitWithAck('get', { url });
