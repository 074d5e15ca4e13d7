import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Member } from './member.entity.js';

@Injectable()
export class MembersService {
  constructor(@InjectRepository(Member) private readonly members: Repository<Member>) {}

  findAll(): Promise<Member[]> {
    return this.members.find({ order: { id: 'ASC' } });
  }

  async findOne(id: number): Promise<Member> {
    const member = await this.members.findOneBy({ id });
    if (!member) throw new NotFoundException(`There is no member ${id}`);
    return member;
  }
}
