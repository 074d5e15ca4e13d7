import { Length } from 'class-validator';

export class SignInDto {
  @Length(1, 60)
  name: string;

  @Length(1, 200)
  password: string;
}
