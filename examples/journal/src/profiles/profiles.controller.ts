import { Controller, Delete, Get, HttpCode, Param, Post } from '@nestjs/common';
import {
  InjectResource,
  type PublishContext,
  PublishOnUpdate,
  type ResourceChannel,
  Resourceful,
  SubscribeOnRead,
  userRoom,
} from 'nestjs-sockets';
import type { ArticleView } from '../articles/article.view.js';
import { Reader, SignedIn } from '../sessions/reader.decorator.js';
import type { ReaderRequest } from '../sessions/sign-in.middleware.js';
import { Person } from './person.entity.js';
import { type Profile, profileOf } from './profile.js';
import { ProfilesService } from './profiles.service.js';

interface ProfileEnvelope {
  profile: Profile;
}

/** All tabs of the reader have to know whom the reader follows, whatever they show. */
const tabsOfReader = (_profile: Profile, { request }: PublishContext): string[] => {
  const { user } = request as ReaderRequest;
  return user ? [userRoom(user.id)] : [];
};

@Controller('profiles/:username')
@Resourceful('profile', { key: 'username', select: 'profile', personal: ['following'] })
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesService,
    @InjectResource('article') private readonly articles: ResourceChannel<ArticleView>,
  ) {}

  @Get()
  @SubscribeOnRead()
  async findOne(@Param('username') username: string, @Reader() reader: Person | undefined): Promise<ProfileEnvelope> {
    return { profile: profileOf(await this.profiles.findOne(username), reader) };
  }

  @Post('follow')
  @HttpCode(200)
  @PublishOnUpdate({ to: tabsOfReader })
  async follow(@Param('username') username: string, @SignedIn() reader: Person): Promise<ProfileEnvelope> {
    return { profile: profileOf(await this.profiles.follow(username, reader), reader) };
  }

  /** Ends the part of the reader's feed that was about this person, in all tabs of the reader. */
  @Delete('follow')
  @PublishOnUpdate({ to: tabsOfReader })
  async unfollow(@Param('username') username: string, @SignedIn() reader: Person): Promise<ProfileEnvelope> {
    const person = await this.profiles.unfollow(username, reader);
    await this.articles.unwatch(userRoom(reader.id), { 'author.id': person.id });
    return { profile: profileOf(person, reader) };
  }
}
