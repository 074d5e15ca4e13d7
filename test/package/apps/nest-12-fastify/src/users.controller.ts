import { Body, Controller, Post } from '@nestjs/common';
import { PublishOnCreate, Resourceful } from 'nestjs-sockets';

@Controller('users')
@Resourceful('user')
export class UsersController {
  @Post()
  @PublishOnCreate()
  create(@Body('name') name: string): { id: number; name: string } {
    return { id: 1, name };
  }
}
