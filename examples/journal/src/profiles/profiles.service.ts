import { EntityManager } from '@mikro-orm/libsql';
import { Injectable, NotFoundException } from '@nestjs/common';
import { Person } from './person.entity.js';

@Injectable()
export class ProfilesService {
  constructor(private readonly em: EntityManager) {}

  async findOne(username: string): Promise<Person> {
    const person = await this.em.findOne(Person, { username }, { populate: ['followers'] });
    if (!person) throw new NotFoundException(`There is nobody called ${username}.`);
    return person;
  }

  async follow(username: string, reader: Person): Promise<Person> {
    const person = await this.findOne(username);
    reader.following.add(person);
    await this.em.flush();
    return person;
  }

  async unfollow(username: string, reader: Person): Promise<Person> {
    const person = await this.findOne(username);
    reader.following.remove(person);
    await this.em.flush();
    return person;
  }
}
