import {
  Body,
  type CallHandler,
  Controller,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Patch,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { map } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { PublishOnUpdate, Resourceful, SocketsModule, SubscribeOnRead } from '../../../../src/index.js';
import { start } from '../../../support/application.js';
import { ask, connectAs, receivedOf, Roles } from './support/people.js';

interface Worker {
  id: number;
  salary: number | null;
  contact?: { phone: string | null };
  notes?: string[];
}

@Injectable()
class Workers {
  readonly all: Worker[] = [
    { id: 1, salary: 1815, contact: { phone: 'CANARY-phone' }, notes: ['all may read', 'CANARY-note'] },
    { id: 2, salary: null, contact: { phone: null }, notes: ['all may read'] },
  ];
}

/** Shows `null` in the place of salaries and phone numbers, and the first note only, except to admins. */
@Injectable()
class ValuesByRole implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { user } = context.switchToHttp().getRequest<{ user: { role: string } }>();
    const show = (one: Worker): Worker => ({
      ...one,
      salary: null,
      contact: { phone: null },
      notes: one.notes?.slice(0, 1),
    });
    return next
      .handle()
      .pipe(
        map((value: Worker | Worker[]) =>
          user.role === 'admin' ? value : Array.isArray(value) ? value.map(show) : show(value),
        ),
      );
  }
}

@Controller('workers')
@Resourceful('worker')
class WorkersController {
  constructor(private readonly workers: Workers) {}

  @Get()
  @SubscribeOnRead({ watch: 'all' })
  list() {
    return this.workers.all;
  }

  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id', ParseIntPipe) id: number) {
    return this.workers.all.find((one) => one.id === id);
  }

  @Patch(':id')
  @PublishOnUpdate()
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: Partial<Worker>) {
    return { id, ...changes };
  }
}

const startWithWorkers = () =>
  start({
    imports: [SocketsModule.forRoot({ authenticate: Roles })],
    controllers: [WorkersController],
    providers: [
      Roles,
      Workers,
      { provide: APP_GUARD, useClass: Roles },
      { provide: APP_INTERCEPTOR, useClass: ValuesByRole },
    ],
  });

describe.each([
  ['a record', '/workers/1', 1],
  ['a list in which another record has none', '/workers', 3],
])('A value that a read of %s has not shown, though its field is there,', (_what, url, id) => {
  it.each([
    ['null in its place', { salary: 1900 }],
    ['null in its place, within another', { contact: { phone: 'CANARY-new' } }],
    ['a shorter list', { notes: ['all may read', 'CANARY-new'] }],
  ])('is kept back: %s', async (_how, changes) => {
    const app = await startWithWorkers();
    const [guest, admin] = [await connectAs(app, 'guest:user'), await connectAs(app, 'root:admin')];
    await ask(guest, 'get', url);

    await ask(admin, 'patch', `/workers/${id}`, changes);
    await app.settle();

    expect(receivedOf(guest, 'worker')).toEqual([{ verb: 'updated', id, data: { id }, more: true }]);
  });
});
