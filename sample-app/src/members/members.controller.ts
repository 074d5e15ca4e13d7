import { Controller, Get } from '@nestjs/common';
import { Resourceful } from 'nestjs-sockets';
import type { Member } from './member.entity.js';
import { MembersService } from './members.service.js';

@Controller('members')
@Resourceful('member')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  findAll(): Promise<Member[]> {
    return this.members.findAll();
  }
}
