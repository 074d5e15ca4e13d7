import { BadRequestException, Injectable, type PipeTransform } from '@nestjs/common';
import type { Member } from './member.entity.js';
import { MembersService } from './members.service.js';

const problem = 'A member is named by their id, and who acts by the header X-Member';

@Injectable()
export class MemberByIdPipe implements PipeTransform<unknown, Promise<Member>> {
  constructor(private readonly members: MembersService) {}

  async transform(id: unknown): Promise<Member> {
    if (!/^[1-9]\d*$/.test(String(id))) throw new BadRequestException(problem);
    return this.members.findOne(Number(id));
  }
}
