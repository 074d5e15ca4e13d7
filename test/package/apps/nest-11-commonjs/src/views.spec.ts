import { Body, Controller, Get, Module, Post, type INestApplication } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Expose } from 'class-transformer';
import { PublishOnCreate, Resourceful, SocketsModule, SocketsService, SubscribeOnRead } from 'nestjs-sockets';
import { connect, RequestError } from 'nestjs-sockets/client';

class PublicMember {
  @Expose() id!: number;
  @Expose() name!: string;
}

@Controller('members')
@Resourceful('member', { view: PublicMember })
class MembersController {
  constructor(private readonly sockets: SocketsService) {}

  @Get()
  @SubscribeOnRead({ watch: true })
  findAll(): PublicMember[] {
    return [];
  }

  @Post()
  @PublishOnCreate()
  create(@Body('name') name: string): object {
    return { id: 1, name, secret: 'hidden', rooms: this.sockets.rooms() };
  }
}

@Module({ imports: [SocketsModule.forRoot()], controllers: [MembersController] })
class MembersModule {}

let app: INestApplication;

beforeEach(async () => {
  app = (await Test.createTestingModule({ imports: [MembersModule] }).compile()).createNestApplication();
  await app.listen(0, '127.0.0.1');
});

afterEach(() => app.close());

test('a view is made by the class-transformer of the application', async () => {
  const url = await app.getUrl();
  const ada = connect(url);
  const message = new Promise((resolve) => ada.once('member', resolve));
  await ada.get('/members');

  await fetch(`${url}/members`, { method: 'POST', body: new URLSearchParams({ name: 'grace' }) });

  expect(await message).toEqual({ verb: 'created', id: 1, data: { id: 1, name: 'grace' } });
  ada.close();
});

test('a failure of the client is of its own class', async () => {
  const ada = connect(await app.getUrl());

  await expect(ada.get('/nobody')).rejects.toBeInstanceOf(RequestError);

  ada.close();
});
