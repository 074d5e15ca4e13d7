import { Injectable, type PipeTransform } from '@nestjs/common';
import type { Member } from './member.entity.js';
import { MembersService } from './members.service.js';

@Injectable()
export class MemberByIdPipe implements PipeTransform<number, Promise<Member>> {
  constructor(private readonly members: MembersService) {}

  transform(id: number): Promise<Member> {
    return this.members.findOne(id);
  }
}
