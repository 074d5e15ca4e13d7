import { Injectable, NotFoundException } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
import { Member } from './member.entity.js';
import { hashOf, isPasswordOf } from './password.js';

@Injectable()
export class MembersService {
  private readonly dummyHash = hashOf('');

  constructor(@InjectRepository(Member) private readonly members: Repository<Member>) {}

  findAll(): Promise<Member[]> {
    return this.members.find({ order: { id: 'ASC' } });
  }

  async findOne(id: number): Promise<Member> {
    const member = await this.members.findOneBy({ id });
    if (!member) throw new NotFoundException(`There is no member ${id}`);
    return member;
  }

  async findByPassword(name: string, password: string): Promise<Member | undefined> {
    const found = await this.members.findOne({ where: { name }, select: { id: true, passwordHash: true } });
    // An unknown name takes as long as a wrong password, so that the response time does not reveal which names exist.
    const hash = found?.passwordHash ?? (await this.dummyHash);
    const matches = await isPasswordOf(hash, password);
    return found && matches ? this.findOne(found.id) : undefined;
  }
}
