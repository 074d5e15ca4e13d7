import {
  Body,
  type CallHandler,
  type CanActivate,
  Controller,
  Delete,
  type ExecutionContext,
  Get,
  Injectable,
  type NestInterceptor,
  Param,
  ParseIntPipe,
  Patch,
  Post,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import { map } from 'rxjs';
import {
  Publish,
  PublishOnCreate,
  PublishOnDestroy,
  PublishOnUpdate,
  Resourceful,
  SocketsModule,
  SubscribeOnRead,
} from '../../../../../src/index.js';
import { start, type TestApplication } from '../../../../support/application.js';
import type { TestClient } from '../../../../support/client.js';

export interface Person {
  id: number;
  name: string;
  email?: string;
  salary?: number;
  friends?: Person[];
}

interface Request {
  headers: { authorization?: string };
  user?: { id: string; role: string };
}

/** Knows a caller by a token such as `ada:admin`. */
@Injectable()
export class Roles implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<Request>();
    const [, id, role] = /^Bearer (\w+):(\w+)/.exec(request.headers.authorization ?? '') ?? [];
    if (id !== undefined && role !== undefined) request.user = { id, role };
    return request.user !== undefined;
  }
}

/** Shows `email` and `salary` to admins, and `email` to whoever it belongs to. */
@Injectable()
class FieldsByRole implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const { user } = context.switchToHttp().getRequest<Required<Request>>();
    return next.handle().pipe(map((value: unknown) => show(value, user)));
  }
}

function show(value: unknown, user: Required<Request>['user']): unknown {
  if (Array.isArray(value)) return value.map((one) => show(one, user));
  if (typeof value !== 'object' || value === null || !('name' in value)) return value;
  const { email, salary, friends, ...rest } = value as Person;
  return {
    ...rest,
    ...(friends && { friends: show(friends, user) }),
    ...((user.role === 'admin' || user.id === rest.name) && { email }),
    ...(user.role === 'admin' && { salary }),
  };
}

/** The people of one application. */
@Injectable()
export class People {
  readonly all = new Map<number, Person>([
    [1, { id: 1, name: 'ada', email: 'CANARY-email', salary: 1815 }],
    [2, { id: 2, name: 'bob', email: 'CANARY-email', salary: 1900 }],
  ]);

  one(id: number): Person | undefined {
    return this.all.get(id);
  }

  save(person: Partial<Person> & { id: number }): Person {
    const saved = { name: '', email: 'CANARY-email', salary: 1, ...this.all.get(person.id), ...person };
    this.all.set(person.id, saved);
    return saved;
  }
}

@Controller('people')
@Resourceful('person')
class PeopleController {
  constructor(private readonly people: People) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  list() {
    return [...this.people.all.values()];
  }

  @Get(':id')
  @SubscribeOnRead()
  one(@Param('id', ParseIntPipe) id: number) {
    return this.people.one(id);
  }

  /** Shows only the names, whoever asks. */
  @Get(':id/name')
  @SubscribeOnRead()
  nameOnly(@Param('id', ParseIntPipe) id: number) {
    return { id, name: this.people.one(id)?.name };
  }

  @Post()
  @PublishOnCreate()
  create(@Body() person: Person) {
    return this.people.save(person);
  }

  @Patch(':id')
  @PublishOnUpdate({ previous: ({ args: [id] }) => ({ id: id as number, name: 'before', salary: 7 }) })
  update(@Param('id', ParseIntPipe) id: number, @Body() changes: Partial<Person>) {
    return this.people.save({ ...changes, id });
  }

  @Post(':id/promotions')
  @Publish('promoted')
  promote(@Param('id', ParseIntPipe) id: number) {
    return this.people.one(id);
  }

  @Delete(':id')
  @PublishOnDestroy()
  remove(@Param('id', ParseIntPipe) id: number) {
    const person = this.people.one(id);
    this.people.all.delete(id);
    return person;
  }
}

export const people = {
  imports: [SocketsModule.forRoot({ authenticate: Roles })],
  controllers: [PeopleController],
  providers: [
    Roles,
    People,
    { provide: APP_GUARD, useClass: Roles },
    { provide: APP_INTERCEPTOR, useClass: FieldsByRole },
  ],
};

export const startWithPeople = (options: Parameters<typeof start>[0] = {}): Promise<TestApplication> =>
  start({ ...people, ...options });

/** Connects somebody by a token such as `ada:admin`. */
export const connectAs = (app: TestApplication, token: string): Promise<TestClient> => app.connect({ auth: { token } });

/** Sends a request over a client's socket. */
export async function ask(client: TestClient, method: string, url: string, data?: unknown): Promise<unknown> {
  const answer = (await client.socket.emitWithAck(method, { url, data })) as { body: unknown; statusCode: number };
  if (answer.statusCode >= 400) throw new Error(`${method} ${url}: ${answer.statusCode}`);
  return answer.body;
}

/** Returns what a client has received of a resource: each message, and whether its note says that there is more. */
export const receivedOf = (client: TestClient, resource: string): unknown[] =>
  client.received
    .filter(([event]) => event === resource)
    .map(([, message, note]) => {
      const { more } = note as { more?: true };
      return more === undefined ? message : { ...(message as object), more };
    });
