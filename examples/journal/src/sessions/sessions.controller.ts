import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { IsString } from 'class-validator';
import { ProfilesService } from '../profiles/profiles.service.js';
import { tokenFor } from './token.js';

export class SignInDto {
  @IsString()
  username: string;
}

@Controller('sessions')
export class SessionsController {
  constructor(private readonly profiles: ProfilesService) {}

  /** Signs anybody in by name: an example has no secrets. This is the place to check a password. */
  @Post()
  @HttpCode(200)
  async signIn(@Body() { username }: SignInDto): Promise<{ session: { username: string; token: string } }> {
    const person = await this.profiles.findOne(username);
    return { session: { username, token: tokenFor(person) } };
  }
}
