import { Controller, Get } from '@nestjs/common';
import type { Member } from './member.entity.js';
import { MembersService } from './members.service.js';

@Controller('members')
export class MembersController {
  constructor(private readonly members: MembersService) {}

  @Get()
  findAll(): Promise<Member[]> {
    return this.members.findAll();
  }
}
